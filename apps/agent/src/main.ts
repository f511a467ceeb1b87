// The agent: answers its host's questions over a virtio-serial port. No network, no credential, no
// command is run. Options, each with a value: --port --tpm --eventLog --imaLog --userspaceLog
// --kernelLog.
import * as os from 'os'
import * as std from 'std'
import { Collector } from './collect.ts'
import { Connection, findPort } from './connection.ts'
import { LOG_PATHS } from './event-log-file.ts'
import { KERNEL_LOG_PATH } from './module-messages.ts'
import { TpmDevice } from './tpm-device.ts'

const logs = { ...LOG_PATHS, kernelLog: KERNEL_LOG_PATH }
const paths: Record<string, string> = { port: '', tpm: '/dev/tpmrm0', ...logs }

for (let i = 1; i < scriptArgs.length; i += 2) {
  const option = scriptArgs[i]!.replace(/^--/, '')
  const value = scriptArgs[i + 1]
  if (paths[option] === undefined || value === undefined) {
    std.err.puts(`usage: ${scriptArgs[0]} [--${Object.keys(paths).join(' PATH] [--')} PATH]\n`)
    std.exit(2)
  }
  paths[option] = value
}

// A port or a device that is gone is an error number, not the end.
os.signal(os.SIGPIPE, undefined)
const collector = new Collector(new TpmDevice(paths.tpm!), paths as typeof logs)
new Connection(() => paths.port || findPort(), collector).open()
