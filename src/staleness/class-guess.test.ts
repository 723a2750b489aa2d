import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guessOfHardware, guessOfRow } from './class-guess.ts'

const hardware = (vendor: string, model: string, version = '') =>
  guessOfHardware({ hardware_vendor: vendor, hardware_model: model, hardware_version: version })?.class ??
  null

describe('the names that makers give their machines', () => {
  it.each([
    ['Apple Inc.', 'MacBookPro18,3', ''],
    ['Apple Inc.', 'MacBookAir10,1', ''],
    ['Apple Inc.', 'Mac14,2', ''],
    ['Apple Inc.', 'Mac16,8', ''],
    ['LENOVO', '20XW004WUS', 'ThinkPad X1 Carbon Gen 9'],
    ['LENOVO', '82L7', 'IdeaPad 5 Pro 14ACN6'],
    ['Dell Inc.', 'Latitude 7420', ''],
    ['Dell Inc.', 'XPS 13 9310', ''],
    ['Dell Inc.', 'Precision 5570', ''],
    ['HP', 'HP EliteBook 840 G8 Notebook PC', ''],
    ['HP', 'HP ZBook Studio 15.6 inch G8 Mobile Workstation PC', ''],
    ['Microsoft Corporation', 'Surface Laptop 4', ''],
    ['Microsoft Corporation', 'Surface Pro 9', ''],
    ['Framework', 'Laptop 13 (AMD Ryzen 7040Series)', ''],
    ['ASUSTeK COMPUTER INC.', 'ZenBook UX425EA_UX425EA', ''],
    ['Acer', 'TravelMate P214-53', ''],
    ['FUJITSU CLIENT COMPUTING LIMITED', 'LIFEBOOK U7411', ''],
    ['Panasonic Corporation', 'TOUGHBOOK FZ-55', ''],
    ['Dell Inc.', 'OptiPlex 7090', ''],
    ['LENOVO', '11JN000HUS', 'ThinkCentre M70q'],
    ['Apple Inc.', 'iMac21,1', ''],
  ])('%s %s %s is a laptop', (vendor, model, version) => {
    expect(hardware(vendor, model, version)).toBe('laptop')
  })

  it.each([
    ['Dell Inc.', 'PowerEdge R640'],
    ['HPE', 'ProLiant DL380 Gen10'],
    ['Lenovo', 'ThinkSystem SR630 -[7X02CTO1WW]-'],
    ['Cisco Systems Inc', 'UCSC-C220-M5SX'],
    ['FUJITSU', 'PRIMERGY RX2530 M5'],
    ['Supermicro', 'Super Server'],
    ['Amazon EC2', 't3.micro'],
    ['Google', 'Google Compute Engine'],
    ['Microsoft Corporation', 'Virtual Machine'],
    ['VMware, Inc.', 'VMware Virtual Platform'],
    ['VMware, Inc.', 'VMware20,1'],
    ['QEMU', 'Standard PC (Q35 + ICH9, 2009)'],
    ['Red Hat', 'KVM'],
    ['OpenStack Foundation', 'OpenStack Nova'],
    ['Xen', 'HVM domU'],
    ['DigitalOcean', 'Droplet'],
    ['Hetzner', 'vServer'],
  ])('%s %s is a server', (vendor, model) => {
    expect(hardware(vendor, model)).toBe('server')
  })

  it.each([
    ['', ''],
    ['Apple Inc.', 'Macmini9,1'],
    ['Apple Inc.', 'Mac14,3'],
    ['To Be Filled By O.E.M.', 'To Be Filled By O.E.M.'],
    ['innotek GmbH', 'VirtualBox'],
    ['ASUS', 'System Product Name'],
    ['Intel(R) Client Systems', 'NUC11PAHi5'],
  ])('%s %s says nothing', (vendor, model) => {
    expect(hardware(vendor, model)).toBeNull()
  })

  it('are told with the class', () => {
    expect(guessOfHardware({ hardware_vendor: 'Dell Inc.', hardware_model: 'PowerEdge R640' })).toEqual({
      class: 'server',
      reason: 'Its hardware is a server (Dell Inc. PowerEdge R640).',
      sureness: 2,
    })
  })
})

describe('a row of the pack host-kind', () => {
  it.each([
    ['chassis', { chassis_types: 'Notebook' }, 'laptop', 2],
    ['chassis', { chassis_types: 'Convertible' }, 'laptop', 2],
    ['chassis', { chassis_types: 'All in One' }, 'laptop', 2],
    ['chassis', { chassis_types: 'Rack Mount Chassis' }, 'server', 2],
    ['battery', { serial_number: 'D861' }, 'laptop', 1],
    ['linux_battery', { path: '/sys/class/power_supply/BAT0', filename: 'BAT0' }, 'laptop', 1],
    ['ec2_group', { key: 'aws:autoscaling:groupName', value: 'web' }, 'ephemeral', 3],
    ['azure_scale_set', { vm_scale_set_name: 'web' }, 'ephemeral', 3],
  ])('%s %j is %s', (query, row, expected, sureness) => {
    expect(guessOfRow(query, row)).toMatchObject({ class: expected, sureness })
  })

  it.each([
    ['chassis', { chassis_types: 'Tower' }],
    ['chassis', { chassis_types: 'Desktop' }],
    ['chassis', {}],
    ['ec2_group', { key: 'Name', value: '' }],
    ['azure_scale_set', { vm_scale_set_name: '' }],
    ['unheard_of', { a: '1' }],
    ['constructor', {}],
    ['__proto__', {}],
  ])('%s %j says nothing', (query, row) => {
    expect(guessOfRow(query, row)).toBeNull()
  })

  it('may hold anything, and what is kept of it is short', () => {
    const query = fc.constantFrom('hardware', 'chassis', 'battery', 'ec2_group', 'azure_scale_set')
    const column = fc.constantFrom('hardware_model', 'chassis_types', 'key', 'value', 'vm_scale_set_name')
    fc.assert(
      fc.property(
        query,
        fc.dictionary(column, fc.oneof(fc.string({ maxLength: 500 }), fc.anything())),
        (name, row) => {
          expect(guessOfRow(name, row)?.reason.length ?? 0).toBeLessThan(400)
        },
      ),
    )
  })
})
