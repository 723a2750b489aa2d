/**
 * Names under which published rootkits for Linux load their kernel module. Whoever builds one can rename it, so a name is
 * proof and its absence is none.
 *
 * Sources: the projects' own build files, the lists of chkrootkit and rkhunter for the old ones, and Elastic's and Avast's
 * analyses of PUMAKIT and Syslogk.
 */
export const ROOTKIT_MODULES = {
  checked: '2026-11-24',
  names: new Set([
    'adore',
    'adore_ng',
    'caraxes',
    'diamorphine',
    'enyelkm',
    'heroin',
    'ipsecs_kbeast_v1',
    'knark',
    'kovid',
    'lilyofthevalley',
    'lkm_rootkit',
    'modhide',
    'nuk3gh0st',
    'puma',
    'reptile',
    'reptile_module',
    'reveng_rtkit',
    'rkduck',
    'rkit',
    'rootkit',
    'singularity',
    'subversive',
    'sutekh',
    'suterusu',
    'syslogk',
    'wnps',
  ]),
} as const
