// Replays an event log in each of its banks and prints what every event says.
// usage: node tools/run.mjs examples/replay-an-event-log.ts /sys/kernel/security/tpm0/binary_bios_measurements
import { readFileSync } from 'node:fs'
import { toHex } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { decodeEventLog, describeEvent, explain, replay } from '@trusted-launch/eventlog'

const isReplayable = (bank: string): bank is HashName => bank in DIGEST_SIZE
const file = process.argv[2]
if (file === undefined) throw new Error('say which log: a file of at most 1 MiB')

const log = decodeEventLog(readFileSync(file))
for (const bank of log.algorithms.filter(isReplayable)) {
  const { pcrs, faults } = replay(log, bank)
  if (faults.length > 0) console.log(`PCR 0's start is tampered with: ${faults[0]!.code}`)
  for (const { pcrIndex, value, events } of pcrs.values())
    if (events.length > 0) console.log(`${bank} PCR ${pcrIndex} = ${toHex(value)}`)
  for (const event of log.events)
    console.log(describeEvent(event, explain(event, bank), event.digests.get(bank)))
}
