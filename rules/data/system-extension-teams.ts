/**
 * Developer teams whose system extensions are security, device management, network or virtual machine products that fleets
 * install on purpose. The team is part of Apple's signature, so it can't be taken by another.
 *
 * Source: the deployment guides of the makers, and signatures that the osquery defense kit of Chainguard has seen.
 */
export const SYSTEM_EXTENSION_TEAMS = {
  checked: '2026-11-24',
  teams: {
    '24W52P9M7W': 'Netskope',
    '2BT3HPN62Z': 'Elastic',
    '2SB5Z68H26': 'Proton',
    '2ZS8T6NYB8': 'BeyondTrust',
    '3522FA9PXF': 'osquery',
    '483DWKW443': 'Jamf',
    '4AYE5J54KN': 'SentinelOne',
    '68WVV388M8': 'Cloudflare',
    '7266XEXAPM': 'Rogue Amoeba',
    '7W6HQ9J9XA': 'Huntress',
    '9BNSXJN65R': 'Docker',
    AH4XFXJ7DK: 'Fortinet',
    CKG9MXH72F: 'Mullvad',
    DE8Y96K9QP: 'Cisco',
    EQHXZ8M8AV: 'Google',
    G43BCU2T37: 'Karabiner',
    MLZF7K7B5R: 'Objective Development',
    P3FGV63VK7: 'Kandji',
    PCBCQZJ7S7: 'Zscaler',
    UBF8T346G9: 'Microsoft',
    VBG97UB4TA: 'Objective-See',
    W5364U7YZB: 'Tailscale',
    W5W395V82Y: 'NordVPN',
    X9E956P446: 'CrowdStrike',
  },
} as const
