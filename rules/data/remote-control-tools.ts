/**
 * Programs by which a person elsewhere sees and moves a screen: what support desks use, and thieves who call victims.
 * `bundles` are identifiers of apps for macOS, in lower case; `programs` is how the names begin under which Windows lists
 * them. Only the side that is controlled, or programs that are both sides.
 *
 * Source: the makers' packages, as Homebrew's casks and the list of remote tools of lolrmm.io describe them.
 */
export const REMOTE_CONTROL_TOOLS = {
  checked: '2026-11-24',
  bundles: [
    'com.carriez.rustdesk',
    'com.dwservice.dwagent',
    'com.google.chromeremotedesktophost',
    'com.logmein.logmein',
    'com.logmein.logmeinrescueapplet',
    'com.nomachine.nxserver',
    'com.philandro.anydesk',
    'com.realvnc.vncserver',
    'com.splashtop.splashtop-streamer',
    'com.teamviewer.teamviewer',
    'com.teamviewer.teamviewerhost',
    'com.teamviewer.teamviewerqs',
    'tv.parsec.www',
  ],
  programs: [
    'Action1 Agent',
    'AeroAdmin',
    'Ammyy Admin',
    'AnyDesk',
    'AteraAgent',
    'Atera Networks',
    'Chrome Remote Desktop Host',
    'DWAgent',
    'GoTo Resolve',
    'GoToAssist',
    'GoToMyPC',
    'ISL Light',
    'LogMeIn',
    'MeshAgent',
    'Mesh Agent',
    'NetSupport Manager',
    'NoMachine',
    'Remote Utilities - Host',
    'RustDesk',
    'ScreenConnect Client',
    'SimpleHelp',
    'Splashtop Streamer',
    'Supremo',
    'TeamViewer',
    'UltraViewer',
    'UltraVNC',
    'VNC Server',
    'Zoho Assist',
  ],
} as const
