/**
 * Addresses from which people are told to fetch an installer and run it at once, by the installation pages of the projects
 * named: rustup, Docker, Homebrew, nvm, Oh My Zsh, pipx and Poetry, uv, Bun, Deno, Node (NodeSource), k3s, Helm, Tailscale,
 * Starship, SDKMAN, Nix, GitHub's own runner and CLI, pnpm, Volta, RKE2, pyenv, golangci-lint, Trivy, pip, the AWS and Google
 * Cloud CLIs, and packages of GitLab and packagecloud. An address stands for those that begin with it.
 */
const KNOWN_INSTALLERS = {
  checked: '2026-11-24',
  addresses: [
    'https://sh.rustup.rs',
    'https://get.docker.com',
    'https://raw.githubusercontent.com/Homebrew/install/',
    'https://raw.githubusercontent.com/nvm-sh/nvm/',
    'https://raw.githubusercontent.com/ohmyzsh/ohmyzsh/',
    'https://raw.githubusercontent.com/helm/helm/',
    'https://install.python-poetry.org',
    'https://astral.sh/uv/',
    'https://bun.sh/install',
    'https://deno.land/install.sh',
    'https://deb.nodesource.com/',
    'https://rpm.nodesource.com/',
    'https://get.k3s.io',
    'https://tailscale.com/install.sh',
    'https://starship.rs/install.sh',
    'https://get.sdkman.io',
    'https://nixos.org/nix/install',
    'https://install.determinate.systems/',
    'https://get.pnpm.io/',
    'https://get.volta.sh',
    'https://get.rke2.io',
    'https://raw.githubusercontent.com/pyenv/',
    'https://raw.githubusercontent.com/golangci/golangci-lint/',
    'https://raw.githubusercontent.com/aquasecurity/trivy/',
    'https://bootstrap.pypa.io/',
    'https://awscli.amazonaws.com/',
    'https://sdk.cloud.google.com',
    'https://packages.gitlab.com/',
    'https://packagecloud.io/install/',
  ],
} as const

/** More addresses than that are not looked at one by one; such a line is no installer's. */
const ADDRESSES_MAX = 10

/**
 * Whether a command line fetches from known installers only: it names an address, and each begins with one of theirs.
 */
export function isKnownInstaller(line: string): boolean {
  const addresses = line.match(/\b[a-z]{3,6}:\/\/[^\s'"()|;&]+/gi) ?? []
  return (
    addresses.length > 0 &&
    addresses.length <= ADDRESSES_MAX &&
    addresses.every(address => KNOWN_INSTALLERS.addresses.some(known => isBelow(address, known)))
  )
}

/** `https://sh.rustup.rs.example.com` begins with a known address and is none. */
function isBelow(address: string, known: string): boolean {
  if (!address.startsWith(known)) return false
  const next = address.charAt(known.length)
  return known.endsWith('/') || next === '' || next === '/' || next === '?'
}
