# For the owner: set `homepage`, `url` and `sha256` at each release (SHA256SUMS of the release has it).
class Ecrsnap < Formula
  desc "Offline snapshots of Amazon ECR image metadata"
  homepage "https://example.invalid/ecrsnap"
  url "https://example.invalid/ecrsnap/archive/v0.2.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"ecrsnap", "completions")
    system bin/"ecrsnap", "man", "--out", "man"
    man1.install Dir["man/*.1"]
  end

  test do
    (testpath/"page.json").write <<~JSON
      {"imageDetails": [{"registryId": "123456789012", "repositoryName": "shop/web", "imageDigest": "sha256:1f5a"}]}
    JSON
    system bin/"ecrsnap", "ingest", "page.json", "--snapshot", "one"
    assert_match "shop/web", shell_output("#{bin}/ecrsnap describe-images --repository-name shop/web")
  end
end
