-- What wrk sends: one page of 100 of the repository named by REPOSITORY, as an SDK would ask for it.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-amz-json-1.1"
wrk.headers["X-Amz-Target"] = "AmazonEC2ContainerRegistry_V20150921.DescribeImages"
-- moto finds the service by the scope of the signature, and checks no more of it.
wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=x/20250101/us-east-1/ecr/aws4_request, "
    .. "SignedHeaders=host, Signature=0"
wrk.body = '{"repositoryName": "' .. os.getenv("REPOSITORY") .. '", "maxResults": 100}'
