/**
 * Programs that are told of every key on purpose: launchers, window managers, remote desktops, input devices, writing
 * aids. By the team that signed them, which can't be taken by another; one team's other programs pass as well.
 *
 * Source: signatures that the osquery defense kit of Chainguard has seen with its query macos_keyboard_sniffer.
 */
export const KEYBOARD_LISTENER_TEAMS = {
  checked: '2026-11-24',
  teams: {
    '299YSU96J7': 'BetterDisplay',
    '3522FA9PXF': 'osquery',
    '3YMZ8E4Y5W': 'BenQ Display Pilot',
    '4HX897Y6GJ': 'Synergy',
    '7PKJ6G4DXL': 'TextExpander',
    C5686NKYJ7: 'LinearMouse',
    C9VQZ78H85: 'Wispr Flow',
    CYC8C8R4K9: 'MonitorControl',
    DAFVSXZ82P: 'BetterTouchTool',
    G43BCU2T37: 'Karabiner-Elements',
    H7V7XYVQ7D: 'iTerm2',
    PREPN2W95S: 'Hue Sync',
    QED4VVPZWA: 'Logitech',
    RDDXV84A73: 'Lunar',
    RZ7E748ZSC: 'Contexts',
    UL38YXE4DL: 'NotesCmdr',
    W8F64X92K3: 'Grammarly',
    XSYZ3E4B7D: 'Hyperkey, Superkey',
    XZZXE9SED4: 'Alfred',
    Z4JV2M65MH: 'Rocket',
  },
} as const
