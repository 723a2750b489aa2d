/**
 * Domains from which systems and security products get their updates and verdicts, from the vendors' lists of what a
 * firewall must let through. A name stands for those below it too. Left out are hosts that blockers of advertisements
 * list for their telemetry.
 */
export const UPDATE_HOSTS = {
  checked: '2026-11-24',
  domains: [
    // Systems
    'windowsupdate.com',
    'update.microsoft.com',
    'windowsupdate.microsoft.com',
    'delivery.mp.microsoft.com',
    'definitionupdates.microsoft.com',
    'swscan.apple.com',
    'swcdn.apple.com',
    'swdist.apple.com',
    'mesu.apple.com',
    'gdmf.apple.com',
    'ocsp.apple.com',
    'ocsp2.apple.com',
    'security.ubuntu.com',
    'archive.ubuntu.com',
    'security.debian.org',
    'deb.debian.org',
    'cdn.redhat.com',
    'mirrors.fedoraproject.org',
    'mirrorlist.centos.org',
    'mirrors.rockylinux.org',
    'mirrors.almalinux.org',
    // Browsers
    'update.googleapis.com',
    'safebrowsing.googleapis.com',
    'aus5.mozilla.org',
    // Security products
    'database.clamav.net',
    'cloudsink.net',
    'crowdstrike.com',
    'sentinelone.net',
    'wdcp.microsoft.com',
    'wd.microsoft.com',
    'liveupdate.symantecliveupdate.com',
    'update.nai.com',
    'kaspersky-labs.com',
    'upgrade.bitdefender.com',
    'update.eset.com',
    'sophosupd.com',
    'malwarebytes.com',
    'virustotal.com',
  ],
} as const
