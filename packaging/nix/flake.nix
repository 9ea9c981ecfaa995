{
  description = "Offline snapshots of Amazon ECR image metadata";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = nixpkgs.lib.genAttrs systems;
      manifest = (nixpkgs.lib.importTOML ../../Cargo.toml).package;
    in {
      packages = each (system:
        let pkgs = nixpkgs.legacyPackages.${system};
        in {
          default = pkgs.rustPlatform.buildRustPackage {
            pname = manifest.name;
            version = manifest.version;
            src = ../..;
            cargoLock.lockFile = ../../Cargo.lock;
            nativeBuildInputs = [ pkgs.installShellFiles ];
            # The tests ask Python's jmespath; the build's own tests are enough here.
            cargoTestFlags = [ "--lib" ];
            postInstall = ''
              $out/bin/ecrsnap man --out man
              installManPage man/*.1
              installShellCompletion --cmd ecrsnap \
                --bash <($out/bin/ecrsnap completions bash) \
                --zsh <($out/bin/ecrsnap completions zsh) \
                --fish <($out/bin/ecrsnap completions fish)
            '';
            meta = {
              description = manifest.description;
              license = with pkgs.lib.licenses; [ mit asl20 ];
              mainProgram = "ecrsnap";
            };
          };
        });
    };
}
