/**
 * Plugins of macOS itself in its authorization database (security authorizationdb read system.login.console). Those of
 * other makers lie in /Library/Security/SecurityAgentPlugins.
 *
 * Source: the defaults of macOS 10.13 to 14 as the authchanger of Jamf restores them, and the documents of Apple's
 * platform single sign-on.
 */
export const APPLE_AUTHORIZATION_PLUGINS = {
  checked: '2026-11-24',
  names: [
    'CryptoTokenKit',
    'DiskUnlock',
    'FamilyControls',
    'HomeDirMechanism',
    'KerberosAgent',
    'MCXMechanism',
    'PKINITMechanism',
    'PSSOAuthPlugin',
    'RestartAuthorization',
    'builtin',
    'loginwindow',
  ],
} as const
