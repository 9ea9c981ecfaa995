// Walk a repository with the AWS SDK for JavaScript and print its images, one JSON a line.
//
//     NODE_PATH=... node walk.cjs ADDRESS REQUEST PAGE_SIZE
//
// REQUEST is the request as JSON; PAGE_SIZE may be `default`.

const { ECRClient, paginateDescribeImages } = require("@aws-sdk/client-ecr");

async function main([address, request, size]) {
  const client = new ECRClient({
    endpoint: address,
    region: "us-east-1",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
  });
  const pageSize = size === "default" ? undefined : Number(size);
  for await (const page of paginateDescribeImages({ client, pageSize }, JSON.parse(request))) {
    for (const image of page.imageDetails) {
      console.log(JSON.stringify(image));
    }
  }
}

main(process.argv.slice(2));
