# Homebrew formula of a release; .github/workflows/release.yml fills in what stands between at signs.
class Outboxctl < Formula
  desc "Deploy, run and verify a transactional outbox pipeline on AWS"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@RELEASES@/download/v@VERSION@/outboxctl-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:aarch64-apple-darwin@"
    end
    on_intel do
      url "@RELEASES@/download/v@VERSION@/outboxctl-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@RELEASES@/download/v@VERSION@/outboxctl-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256:aarch64-unknown-linux-gnu@"
    end
    on_intel do
      url "@RELEASES@/download/v@VERSION@/outboxctl-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256:x86_64-unknown-linux-gnu@"
    end
  end

  def install
    bin.install "outboxctl"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/outboxctl.bash" => "outboxctl"
    zsh_completion.install "completions/_outboxctl"
    fish_completion.install "completions/outboxctl.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/outboxctl --version")
  end
end
