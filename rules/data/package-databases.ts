/**
 * Files that a package manager writes whenever it installs, upgrades or removes something: dpkg and apt, rpm with dnf, yum
 * and zypper, apk, pacman, snapd, Apple's installer. Their latest time of change tells when that last was.
 *
 * Sources: the manuals of the programs named (FILES), and where Fedora, SUSE and Debian put these files today.
 */
export const PACKAGE_DATABASES = {
  checked: '2026-11-24',
  paths: [
    '/var/lib/dpkg/status',
    '/var/log/dpkg.log',
    '/var/lib/rpm/Packages',
    '/var/lib/rpm/rpmdb.sqlite',
    '/var/lib/rpm/rpmdb.sqlite-wal',
    '/usr/lib/sysimage/rpm/Packages.db',
    '/usr/lib/sysimage/rpm/rpmdb.sqlite',
    '/usr/lib/sysimage/rpm/rpmdb.sqlite-wal',
    '/var/log/dnf.rpm.log',
    '/lib/apk/db/installed',
    '/var/log/pacman.log',
    '/var/lib/snapd/state.json',
    '/Library/Receipts/InstallHistory.plist',
  ],
} as const
