import { meantPath } from '../../src/detect/reading/paths.ts'

/**
 * Hidden folders in a home in which tools for developers keep programs that may well start by themselves. Names of the
 * folder, which is directly in the home.
 *
 * Source: the installation pages of the tools.
 */
const DEVELOPER_FOLDERS = {
  checked: '2026-11-24',
  names: [
    '.asdf',
    '.bun',
    '.cargo',
    '.colima',
    '.config',
    '.deno',
    '.docker',
    '.emacs.d',
    '.fnm',
    '.ghcup',
    '.gradle',
    '.krew',
    '.lima',
    '.local',
    '.nix-profile',
    '.npm-global',
    '.nvm',
    '.ollama',
    '.opam',
    '.orbstack',
    '.pyenv',
    '.rbenv',
    '.rd',
    '.rustup',
    '.rvm',
    '.sdkman',
    '.vscode',
    '.volta',
  ],
} as const

const NAMES: ReadonlySet<string> = new Set(DEVELOPER_FOLDERS.names)

/** Whether the file is in such a folder of a person's home on macOS: `/Users/ada/.cargo/bin/watchexec`. */
export function isInDeveloperFolder(file: string): boolean {
  const [, users, person = '', folder = ''] = meantPath(file).split('/')
  return users === 'Users' && person !== 'Shared' && NAMES.has(folder)
}
