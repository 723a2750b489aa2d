/**
 * Signed drivers with a hole that attackers bring along to get into the kernel or to kill an antivirus, by file name. Only
 * names that incident reports name again and again; a name is no proof, for products install some of them themselves.
 * Source: https://www.loldrivers.io and Microsoft's recommended driver block rules.
 */
export const ABUSED_DRIVERS = {
  checked: '2026-11-24',
  /** Lower case. */
  names: new Set([
    'amifldrv64.sys',
    'asio64.sys',
    'aswarpot.sys',
    'atszio64.sys',
    'capcom.sys',
    'dbutil_2_3.sys',
    'dbutildrv2.sys',
    'elrawdsk.sys',
    'eneio64.sys',
    'gdrv.sys',
    'glckio2.sys',
    'inpoutx64.sys',
    'iqvw64e.sys',
    'kprocesshacker.sys',
    'mhyprot2.sys',
    'mhyprot3.sys',
    'msio64.sys',
    'nvflash.sys',
    'physmem.sys',
    'rtcore32.sys',
    'rtcore64.sys',
    'speedfan.sys',
    'truesight.sys',
    'viragt64.sys',
    'winio64.sys',
    'winring0x64.sys',
    'zam64.sys',
    'zamguard64.sys',
  ]),
} as const
