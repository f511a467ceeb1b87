/** A manager that rotates for ever, until it is killed. Arguments: the state directory, the VMs' folder. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { FileKeyEncryptionKeys } from '../../src/vtpm/key-encryption-key.ts'
import { StateKeyring } from '../../src/vtpm/sealing.ts'

const [keysFolder, vmsFolder] = process.argv.slice(2)
const keys = new StateKeyring(await FileKeyEncryptionKeys.open(keysFolder!))
const files = readdirSync(vmsFolder!).map((vm) => ({ vm, path: join(vmsFolder!, vm) }))
process.stdout.write('ready')
for (;;) await keys.rotate(files, async () => [])
