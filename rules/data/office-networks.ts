/**
 * Where people log in from: set these to your own before you switch on `posix.login-from-outside`. A private network
 * stands here as an example.
 */
export const OFFICE = {
  checked: '2026-11-24',
  /** Addresses and networks, IPv4 and IPv6. */
  networks: ['192.168.0.0/16'],
  /** Ends of host names that resolve to addresses within: `.office.example.com`. */
  domains: ['.office.example.com'],
} as const
