import { pack } from '../../src/detect/pack.ts'

/**
 * What kind of machine a host is, by which its silence is judged. Rows come once and when they change. The tables of clouds
 * ask the metadata service, so they are read only where the hardware is of that cloud.
 */
export const hostKind = pack({
  name: 'host-kind',
  description: 'Server, laptop or short-lived machine',
  queries: {
    hardware: {
      query: 'SELECT hardware_vendor, hardware_model, hardware_version FROM system_info;',
      interval: 86_400,
      removed: false,
      table: 'system_info',
      description: 'The names that its maker gave the machine',
    },
    chassis: {
      query: 'SELECT chassis_types, manufacturer, model FROM chassis_info;',
      interval: 86_400,
      platform: 'windows',
      version: '4.5.1',
      removed: false,
      table: 'chassis_info',
      description: 'Type of the case: portable, desktop, rack',
    },
    battery: {
      // Nothing of the charge, which would make the row new at each run.
      query: 'SELECT manufacturer, model, serial_number FROM battery;',
      interval: 86_400,
      platform: 'darwin',
      removed: false,
      table: 'battery',
      description: 'Whether there is a battery',
    },
    linux_battery: {
      query:
        "SELECT path, filename FROM file WHERE path LIKE '/sys/class/power_supply/BAT%' OR path LIKE '/sys/class/power_supply/CMB%';",
      interval: 86_400,
      platform: 'linux',
      removed: false,
      table: 'file',
      description: 'Whether there is a battery',
    },
    ec2_group: {
      query:
        "SELECT t.instance_id, t.key, t.value FROM system_info s CROSS JOIN ec2_instance_tags t WHERE s.hardware_vendor = 'Amazon EC2' AND t.key IN ('aws:autoscaling:groupName', 'aws:ec2spot:fleet-request-id', 'eks:nodegroup-name');",
      interval: 86_400,
      removed: false,
      table: 'ec2_instance_tags',
      description: 'Whether the machine belongs to a group that makes and ends its machines',
    },
    azure_scale_set: {
      query:
        "SELECT a.vm_id, a.vm_scale_set_name FROM system_info s CROSS JOIN azure_instance_metadata a WHERE s.hardware_vendor = 'Microsoft Corporation' AND s.hardware_model = 'Virtual Machine' AND a.vm_scale_set_name <> '';",
      interval: 86_400,
      version: '4.1.2',
      removed: false,
      table: 'azure_instance_metadata',
      description: 'Whether the machine belongs to a scale set',
    },
  },
})
