import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { documentedTypes, fieldsDocument } from '../../../../tools/fields/document.ts'
import { libraries, modelsOf } from '../../../../tools/fields/libraries.ts'
import { tablesOf } from '../../../../tools/fields/table.ts'
import { enumerated, enumerations } from '../../src/fields/enumerations.ts'
import { ArmError, checkBody, dispositionOf, fieldTable, membersOf } from '../../src/index.ts'

const faultOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof ArmError) return error.fault
    throw error
  }
  return assert.fail('nothing was refused')
}

test('a member that the type does not have is told by name, type and path', () => {
  const fault = faultOf(() =>
    checkBody('VirtualMachine', { properties: { securityProfile: { secureBoot: true } } }),
  )
  assert.equal(fault.status, 400)
  assert.equal(
    fault.message,
    "Could not find member 'secureBoot' on object of type 'SecurityProfile'. Path 'properties.securityProfile.secureBoot'.",
  )
})

test('members of answers are left out, since clients send back what they got', () => {
  const sent = {
    id: '/x',
    etag: '"1"',
    properties: { provisioningState: 'Succeeded', vmId: 'v', licenseType: 'l' },
  }
  assert.deepEqual(checkBody('VirtualMachine', sent), { properties: { licenseType: 'l' } })
})

test('names are taken in any case, and truth as text', () => {
  const sent = {
    Properties: {
      SecurityProfile: { uefiSettings: { vTpmEnabled: 'True', secureBootEnabled: false } },
    },
  }
  assert.deepEqual(checkBody('VirtualMachine', sent), {
    properties: {
      securityProfile: { uefiSettings: { vTpmEnabled: true, secureBootEnabled: false } },
    },
  })
})

test('values of another kind, and lists without end, are refused', () => {
  const bodies = [
    { properties: { priority: { a: 1 } } },
    { properties: { hardwareProfile: 'Standard_B1s' } },
    { zones: '1' },
    { zones: new Array(1001).fill('1') },
    { properties: { securityProfile: { encryptionAtHost: 'maybe' } } },
    { properties: { platformFaultDomain: 'one' } },
  ]
  for (const body of bodies)
    assert.equal(faultOf(() => checkBody('VirtualMachine', body)).code, 'BadRequest')
})

test('a value that its enumeration does not have is refused by name', () => {
  const refused: [string, object, string][] = [
    ['VirtualMachine', { properties: { priority: 'Foo' } }, 'priority'],
    ['VirtualMachine', { properties: { evictionPolicy: '' } }, 'evictionPolicy'],
    ['VirtualMachine', { identity: { type: 'Zzz' } }, 'identity.type'],
    [
      'VirtualMachine',
      { properties: { storageProfile: { osDisk: { caching: 'constructor' } } } },
      'osDisk.caching',
    ],
    [
      'VirtualMachine',
      { properties: { storageProfile: { dataDisks: [{ createOption: 'Nope' }] } } },
      'dataDisks[0].createOption',
    ],
    ['Disk', { properties: { osType: 'Foo' } }, 'osType'],
    [
      'VirtualMachineScaleSet',
      { properties: { virtualMachineProfile: { priority: 'Foo' } } },
      'virtualMachineProfile.priority',
    ],
  ]
  for (const [type, body, target] of refused)
    assert.deepEqual(
      faultOf(() => checkBody(type, body as any)),
      {
        status: 400,
        code: 'InvalidParameter',
        message: `The value of parameter ${target} is invalid.`,
        target,
      },
    )
})

test("an enumeration's value is taken in any case, and has Azure's spelling from then on", () => {
  const sent = {
    identity: { type: 'systemassigned,USERASSIGNED' },
    properties: {
      priority: 'spot',
      storageProfile: { osDisk: { osType: 'linux', caching: null } },
    },
  }
  assert.deepEqual(checkBody('VirtualMachine', sent), {
    identity: { type: 'SystemAssigned, UserAssigned' },
    properties: {
      priority: 'Spot',
      storageProfile: { osDisk: { osType: 'Linux', caching: null } },
    },
  })
})

test('the enumerations are those of the client libraries that are installed', () => {
  for (const [type, members] of Object.entries(enumerated))
    for (const [member, name] of Object.entries(members)) {
      const library = libraries.find((one) => modelsOf(one, read).has(type))!
      const field = modelsOf(library, read)
        .get(type)!
        .fields.find((one) => one.name === member)
      assert.equal(field?.type, name, `${type}.${member}`)
      const text = library.files.map((file) => read(`${library.folder}/${file}.d.ts`)).join('\n')
      assert.deepEqual(enumerations[name], valuesOf(text, name), name)
    }
})

const read = (path: string) => readFileSync(path, 'utf8')

/** Of `type X = "a" | "b"`, or of `enum KnownX`. */
function valuesOf(text: string, name: string): string[] {
  const union = new RegExp(`^export type ${name} = (".*");$`, 'm').exec(text)?.[1]
  const known = new RegExp(`^export declare enum Known${name} \\{\n([\\s\\S]*?)^\\}`, 'm').exec(
    text,
  )?.[1]
  return [...(union ?? known!).matchAll(/(?:^| = |\| )"([^"]*)"/gm)].map((found) => found[1]!)
}

test('names that objects have by themselves are no members', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const body = JSON.parse(`{"${name}": {"x": 1}}`)
    assert.match(faultOf(() => checkBody('VirtualMachine', body)).message, /Could not find member/)
  }
})

test('the longest path that fits decides what becomes of a member', () => {
  const rules = { 'properties.a': 'honoured', 'properties.a.b': 'refused' } as const
  assert.equal(dispositionOf(rules, 'properties.a.x'), 'honoured')
  assert.equal(dispositionOf(rules, 'properties.a.b.c'), 'refused')
  assert.equal(dispositionOf(rules, 'properties.z'), 'notEnforced')
  assert.deepEqual(
    membersOf(rules, { properties: { a: { b: 1, x: [] }, z: null, y: 2 } }, 'notEnforced'),
    ['properties.y'],
  )
})

test('entries of a list are looked into, and what asks for nothing is not refused', () => {
  const rules = { 'properties.l.safe': 'refused', 'properties.off': 'refused' } as const
  const properties = {
    l: [
      { safe: 'x', a: 1 },
      { safe: true, a: 2 },
    ],
    off: false,
  }
  assert.deepEqual(membersOf(rules, { properties }, 'refused'), ['properties.l.safe'])
  assert.deepEqual(membersOf(rules, { properties }, 'notEnforced'), ['properties.l.a'])
})

test('the tables are those of the client libraries that are installed', () => {
  for (const library of libraries) {
    const made = tablesOf(
      modelsOf(library, (path) => readFileSync(path, 'utf8')),
      library.roots,
    )
    // What we show beside is read-only, but for what a VM's vTPM is of.
    for (const [type, table] of Object.entries(made))
      assert.deepEqual(own(fieldTable(type)!, table), table, type)
  }
})

/** Without what is ours alone: nobody sends it, but `trustedLaunch`. */
function own(kept: object, library: object): object {
  const isOurs = ([member, kind]: [string, string]) =>
    !(member in library) && (kind.endsWith('!') || member === 'trustedLaunch')
  return Object.fromEntries(Object.entries(kept).filter((one) => !isOurs(one)))
}

test('the page on what becomes of each member is made from the tables', () => {
  const made = fieldsDocument(documentedTypes)
  assert.equal(readFileSync('docs/fields.md', 'utf8'), made, 'npm run fields makes it anew')
})

test('whatever the client libraries send of a type has its place in the table', async () => {
  let sent = 0
  for (const library of libraries)
    for (const type of library.roots)
      sent += Number(await isTaken(library.folder, library.files, type))
  assert.ok(sent >= 10, `${sent} types were sent`)
})

/** Gives the library's own serializer an object that has every member, and holds what comes out against the table. */
async function isTaken(folder: string, files: readonly string[], type: string): Promise<boolean> {
  const name = `${type[0]!.toLowerCase()}${type.slice(1)}Serializer`
  for (const file of files) {
    const path = `${folder}/${file}.js`
    if (!existsSync(path)) continue
    const serializer = (await import(pathToFileURL(path).href))[name]
    if (serializer === undefined) continue
    const wire = JSON.parse(JSON.stringify(serializer(everything(type, []))))
    checkBody(type, wire)
    return true
  }
  return false
}

/** An object of the library with every member of the table, lifted as the library lifts them. */
function everything(type: string, within: readonly string[]): Record<string, unknown> {
  const rows = Object.entries(fieldTable(type)!).filter(([, kind]) => !kind.endsWith('!'))
  const own = rows.map(([name, kind]) => {
    const known = enumerated[type]?.[name]
    const value = known === undefined ? sample(kind, [...within, type]) : enumerations[known][0]
    return [name, value] as const
  })
  const { properties, ...rest } = Object.fromEntries(own)
  return { ...(properties as object | undefined), ...rest }
}

function sample(kind: string, within: readonly string[]): unknown {
  if (kind.startsWith('[')) return [sample(kind.slice(1, -1), within)]
  if (kind.startsWith('{')) return { a: sample(kind.slice(1, -1), within) }
  if (kind === 'boolean') return true
  if (kind === 'number') return 1
  // the library turns some of its texts from dates
  if (kind === 'text') return Object.assign(new String('a'), { toISOString: () => 'a' })
  if (kind === 'any') return 'a'
  return within.includes(kind) || within.length > 6 ? {} : everything(kind, within)
}
