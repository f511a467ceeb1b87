import assert from 'node:assert/strict'
import test from 'node:test'
import picocolors from 'picocolors'
import { tableText } from '../src/table.ts'

const head = ['file', 'SHA-256', 'verdict']
const { green } = picocolors.createColors(true)
const rows = [['/EFI/BOOT/BOOTX64.EFI', 'ab'.repeat(32), green('equal')]]

test('without a terminal a table is as wide as its texts', () => {
  const [first, second] = tableText(head, rows, Number.POSITIVE_INFINITY).split('\n')
  assert.equal(first, `file${' '.repeat(19)}SHA-256${' '.repeat(59)}verdict`)
  assert.equal(second, `/EFI/BOOT/BOOTX64.EFI  ${'ab'.repeat(32)}  ${green('equal')}`)
})

test('on a terminal the widest column gives way, and the colours of the others stay', () => {
  const text = tableText(head, rows, 60)
  const plain = text.replaceAll(green('equal'), 'equal')
  assert.notEqual(plain, text)
  for (const line of plain.split('\n')) assert.ok(line.length <= 60, line)
  assert.ok(plain.includes('/EFI/BOOT/BOOTX64.EFI  abab'))
})

test('words stay whole', () => {
  const text = tableText(['VM', 'name'], [['vm-1', 'the first of all machines']], 20)
  assert.deepEqual(text.split('\n').slice(1, 3), ['vm-1  the first of', '      all machines'])
})
