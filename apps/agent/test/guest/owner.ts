// A guest that uses its own TPM as its owner may.
// usage: owner clear | owner lock
// clear: removes the AK and clears the TPM. lock: waits until the rollback index moves, then sets
// endorsementAuth and removes the AK, so that nobody can make it again. Says so on the console.
import { equalBytes, toUtf8 } from '@trusted-launch/codec'
import {
  AK_HANDLE,
  Clear,
  EvictControl,
  execute,
  HierarchyChangeAuth,
  NV_Read,
  ROLLBACK_NV,
  TPM_RH,
  TpmError,
} from '@trusted-launch/tpm2'
import * as std from 'std'
import { sleep } from '../../src/descriptor.ts'
import { TpmDevice } from '../../src/tpm-device.ts'

const POLL_MS = 1_000
/** The agent's answer that moved the index is under way. */
const ANSWER_MS = 3_000

const tpm = new TpmDevice('/dev/tpmrm0')

async function evictAk(): Promise<void> {
  const ak = { objectHandle: AK_HANDLE, persistentHandle: AK_HANDLE }
  await execute(tpm, EvictControl, { auth: TPM_RH.OWNER, ...ak })
}

async function index(): Promise<Uint8Array> {
  const whole = { authHandle: ROLLBACK_NV, nvIndex: ROLLBACK_NV, size: 32, offset: 0 }
  return (await execute(tpm, NV_Read, whole)).data
}

async function clear(): Promise<string> {
  await evictAk()
  await execute(tpm, Clear, { authHandle: TPM_RH.LOCKOUT })
  return 'cleared'
}

async function lock(): Promise<string> {
  const before = await index()
  while (equalBytes(before, await index())) await sleep(POLL_MS)
  await sleep(ANSWER_MS)
  const newAuth = toUtf8('mine')
  await execute(tpm, HierarchyChangeAuth, { authHandle: TPM_RH.ENDORSEMENT, newAuth })
  await evictAk()
  return 'locked'
}

const deed = scriptArgs[1] === 'clear' ? clear() : lock()
deed
  .catch((e: Error) => (e instanceof TpmError ? `refused ${e.message}` : `failed ${e}`))
  .then((line) => {
    std.out.puts(`owner: ${line}\n`)
    std.exit(0)
  })
