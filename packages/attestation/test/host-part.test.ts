import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainVariable, VARIABLES, VariableStore } from '@trusted-launch/uefi'
import { compareHostPart, type HostPart, type Invocation } from '../src/memory/host-part.ts'
import { statedVariables } from '../src/memory/host-statement.ts'

const store = new VariableStore([plainVariable(VARIABLES.db, Uint8Array.of(1, 2, 3))])
const qemu: Invocation = {
  program: '/usr/bin/qemu-system-x86_64',
  directory: '/vms/a/machine',
  arguments: [
    '-nodefaults',
    ...['-machine', 'q35,smm=on'],
    ...['-global', 'driver=cfi.pflash01,property=secure,value=on'],
    ...['-drive', 'if=pflash,unit=0,readonly=on,file=/OVMF_CODE.fd'],
    ...['-drive', 'if=pflash,unit=1,file=vars.fd'],
    ...['-chardev', 'socket,id=chrtpm,path=tpm.sock'],
  ],
}
const part: HostPart = {
  generation: 1,
  ekName: `000b${'11'.repeat(32)}`,
  akName: `000b${'22'.repeat(32)}`,
  firmwareSha256: '33'.repeat(32),
  variables: statedVariables(store),
  vtpmStateEncrypted: true,
  qemu,
  store: '44'.repeat(32),
}
const ids = (changes: HostPart) =>
  compareHostPart({ ...part, ...changes }, part).map(({ id }) => id)
const runsWith = (change: Partial<Invocation>) =>
  compareHostPart({ ...part, qemu: { ...qemu, ...change } }, part)

test('a host that runs what was asked for has no finding, and each part that differs is named', () => {
  assert.deepEqual(ids({}), [])
  assert.deepEqual(ids({ firmwareSha256: '55'.repeat(32) }), ['host.firmware'])
  assert.deepEqual(ids({ generation: 2 }), ['host.identity'])
  assert.deepEqual(ids({ ekName: part.akName! }), ['host.identity'])
  assert.deepEqual(ids({ akName: part.ekName! }), ['host.identity'])
  assert.deepEqual(ids({ vtpmStateEncrypted: false }), ['host.vtpm.unencrypted'])
  assert.deepEqual(ids({ qemu: { ...qemu, arguments: [] } }), ['host.machine'])
  assert.deepEqual(ids({ store: '55'.repeat(32) }), ['host.variables'])
})

test('a CustomMode that is 0 is none; another value of it is a difference', () => {
  const withMode = (data: number) => {
    const variable = plainVariable(VARIABLES.CustomMode, Uint8Array.of(data))
    return ids({ variables: statedVariables(store.with(variable)) })
  }
  assert.deepEqual([withMode(0), withMode(1)], [[], ['host.variables']])
})

test('what nobody asked for is not looked for; what was asked for and is not told is a difference', () => {
  assert.deepEqual(compareHostPart(part, {}), [])
  const { variables: _, qemu: __, store: ___, ...less } = part
  assert.deepEqual(
    compareHostPart(less, part).map(({ id }) => id),
    ['host.variables'],
    'a QEMU that does not run has no arguments',
  )
})

test('an argument of QEMU more, less, with another value or in another place is named', () => {
  const all = qemu.arguments
  const told = (change: Partial<Invocation>) =>
    runsWith(change).map(({ expected, actual }) => [expected, actual])
  const debug = ['-gdb', 'tcp::1234']
  assert.deepEqual(told({ arguments: [...all, ...debug] }), [['nothing more', '-gdb tcp::1234']])
  assert.deepEqual(told({ arguments: all.slice(1) }), [['-nodefaults', 'nothing more']])
  assert.deepEqual(told({ arguments: all.with(2, 'q35,smm=off') }), [
    ['-machine q35,smm=on', '-machine q35,smm=off'],
  ])
  assert.deepEqual(told({ arguments: [...all, '-nodefaults'] }), [['nothing more', '-nodefaults']])
  const moved = [...all.slice(0, 5), ...all.slice(7, 9), ...all.slice(5, 7), ...all.slice(9)]
  const [code, variables] = [5, 7].map((i) => all.slice(i, i + 2).join(' '))
  assert.deepEqual(told({ arguments: moved }), [[`${code}\n${variables}`, `${variables}\n${code}`]])
})

test('another program, or another folder that its files are taken from, is a difference', () => {
  const [program] = runsWith({ program: '/tmp/qemu' })
  assert.equal(program?.actual, 'program /tmp/qemu')
  const [directory] = runsWith({ directory: '/tmp' })
  assert.equal(directory?.expected, 'directory /vms/a/machine')
  assert.match(directory!.summary, /it runs with directory \/tmp; it was to run with directory/)
})

test('of arguments without end so many are told, each so far', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => `-${i}${'x'.repeat(1_000)}`)
  const [finding] = runsWith({ arguments: [...qemu.arguments, ...many] })
  assert.ok(finding!.actual!.length < 3_000)
  assert.match(finding!.actual!, /\n4992 more$/)
})
