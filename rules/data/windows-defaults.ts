/** A list of what Windows itself puts somewhere, and the day it was last compared with a fresh installation's. */
interface StockList {
  readonly checked: string
  /** Lower case. */
  readonly names: ReadonlySet<string>
}

/**
 * Packages of the local security authority. Values of `Control\Lsa`: `Security Packages` and `Authentication Packages` (SSPs
 * and APs), `Notification Packages` (password filters). Windows 8.1 to 11, Server 2012 R2 to 2025; `rassfm` and `kdcsvc` on
 * domain controllers, `sshdpinauthlsa` with the OpenSSH server.
 * Source: learn.microsoft.com, "SSP Packages Provided by Microsoft" and "Registering and Installing a Security Package".
 */
export const LSA_PACKAGES: StockList = {
  checked: '2026-11-24',
  names: new Set([
    'cloudap',
    'kdcsvc',
    'kerberos',
    'livessp',
    'msv1_0',
    'negoexts',
    'pku2u',
    'rassfm',
    'scecli',
    'schannel',
    'sshdpinauthlsa',
    'tspkg',
    'wdigest',
    'wlsp',
  ]),
}

/** Helpers of netsh: values of `SOFTWARE\Microsoft\NetSh`. Windows 10 and 11, Server 2016 to 2025, with their roles. */
export const NETSH_HELPERS: StockList = {
  checked: '2026-11-24',
  names: new Set([
    'authfwcfg.dll',
    'dhcpcmonitor.dll',
    'dhcpmon.dll',
    'dot3cfg.dll',
    'fwcfg.dll',
    'hnetmon.dll',
    'hyperv-netsh.dll',
    'ifmon.dll',
    'napmontr.dll',
    'nettrace.dll',
    'netiohlp.dll',
    'nshhttp.dll',
    'nshipsec.dll',
    'nshwfp.dll',
    'p2pnetsh.dll',
    'peerdistsh.dll',
    'rasmontr.dll',
    'rpcnsh.dll',
    'wcnnetsh.dll',
    'whhelper.dll',
    'winsetupmon.dll',
    'wlancfg.dll',
    'wshelper.dll',
    'wwancfg.dll',
  ]),
}

/** Port monitors of the print spooler: value `Driver` of `Control\Print\Monitors\*`. Windows 10 and 11, Server 2016 to 2025. */
export const PRINT_MONITORS: StockList = {
  checked: '2026-11-24',
  names: new Set([
    'apmon.dll',
    'appmon.dll',
    'fxsmon.dll',
    'ippmon.dll',
    'localspl.dll',
    'lprmon.dll',
    'pjlmon.dll',
    'tcpmon.dll',
    'usbmon.dll',
    'wsdmon.dll',
  ]),
}
