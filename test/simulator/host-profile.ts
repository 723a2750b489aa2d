import type { Seed } from './seed.ts'
import { type Enrollment, type HostDetails, OSQUERY_VERSION } from './wire.ts'

/** A made-up machine: everything it says of itself, the same each time for the same seed. */
export interface HostProfile {
  readonly hostname: string
  readonly platform: 'ubuntu' | 'darwin' | 'windows'
  readonly hardwareUuid: string
  /** `osquery_info.instance_id`, which is also what the host calls itself (`--host_identifier=instance`). */
  readonly instanceId: string
  readonly serial: string
  readonly userName: string
  readonly address: string
}

const USER_NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const
const PREFIX = { ubuntu: 'web', darwin: 'mac', windows: 'win' } as const

/** @param index  from 0; two of three hosts run Linux, the sixth of each six Windows, the third macOS */
export function hostProfile(seed: Seed, index: number): HostProfile {
  const platform = index % 6 === 5 ? 'windows' : index % 3 === 2 ? 'darwin' : 'ubuntu'
  return {
    hostname: `${PREFIX[platform]}-${String(index + 1).padStart(2, '0')}.example.com`,
    platform,
    hardwareUuid: seed.uuid().toUpperCase(),
    instanceId: seed.uuid(),
    serial: seed.hex(7).toUpperCase(),
    userName: seed.pick(USER_NAMES),
    address: `192.0.2.${(index % 250) + 1}`,
  }
}

/** What the host sends to enroll. */
export function enrollmentOf(host: HostProfile, enrollSecret: string): Enrollment {
  return {
    enrollSecret,
    hostIdentifier: host.instanceId,
    platformType: { ubuntu: '9', darwin: '21', windows: '2' }[host.platform],
    details: detailsOf(host),
  }
}

function detailsOf(host: HostProfile): HostDetails {
  const [shortName = host.hostname] = host.hostname.split('.')
  return {
    os_version: OS_VERSIONS[host.platform],
    osquery_info: {
      build_distro: 'centos7',
      build_platform: host.platform === 'ubuntu' ? 'linux' : host.platform,
      config_hash: '',
      config_valid: '0',
      extensions: 'inactive',
      instance_id: host.instanceId,
      pid: '711',
      platform_mask: '9',
      start_time: '1767225600',
      uuid: host.hardwareUuid,
      version: OSQUERY_VERSION,
      watcher: '700',
    },
    platform_info: {
      address: '0xe000',
      date: '01/01/2026',
      extra: '',
      firmware_type: 'uefi',
      revision: '',
      size: '65536',
      vendor: 'Example Inc.',
      version: '2.1',
      volume_size: '0',
    },
    system_info: {
      computer_name: shortName,
      cpu_brand: 'Example CPU @ 2.40GHz',
      cpu_type: 'x86_64',
      hardware_model: 'Model 1',
      hardware_serial: host.serial,
      hardware_vendor: 'Example Inc.',
      hostname: host.hostname,
      local_hostname: shortName,
      physical_memory: '8589934592',
      uuid: host.hardwareUuid,
    },
  }
}

const OS_VERSIONS = {
  ubuntu: osVersion('Ubuntu', '24.04.1 LTS (Noble Numbat)', 'ubuntu', 'debian'),
  darwin: osVersion('macOS', '15.1', 'darwin', 'darwin'),
  windows: osVersion('Microsoft Windows 11 Enterprise', '10.0.26100', 'windows', 'windows'),
} as const

function osVersion(
  name: string,
  version: string,
  platform: string,
  platformLike: string,
): Readonly<Record<string, string>> {
  const [major = '', minor = ''] = version.split('.')
  return {
    arch: 'x86_64',
    build: '',
    codename: '',
    major,
    minor,
    name,
    patch: '0',
    platform,
    platform_like: platformLike,
    version,
  }
}
