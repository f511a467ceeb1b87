import { toUtf8 } from '@trusted-launch/codec'

/** What somebody wants run in a guest. */
export interface GuestScript {
  /** Of the shell, or of whatever its first line names; at most {@link SCRIPT_BYTES_MAX} bytes. */
  readonly script: string
  /** What it finds in its environment. */
  readonly environment: Readonly<Record<string, string>>
  /** It is ended then, and killed 5 seconds later. */
  readonly timeoutSeconds: number
}

/** How it ended; the guest's word. */
export interface GuestScriptEnd {
  /** 124: its time was over. Null: it was killed. */
  readonly exitCode: number | null
  /** The last {@link OUTPUT_BYTES_MAX} bytes. */
  readonly stdout: string
  readonly stderr: string
}

export const SCRIPT_BYTES_MAX = 65_536
export const OUTPUT_BYTES_MAX = 4_096

/** `$1`: seconds. Only the ends of what it writes are kept, so that no answer is long. */
const SHELL = `
d=$(mktemp -d) || exit 125
trap 'rm -rf "$d"' EXIT
cat >"$d/script"
seconds=$1
case "$(head -c 2 "$d/script")" in
  '#!') chmod 700 "$d/script"; set -- "$d/script" ;;
  *) set -- /bin/sh "$d/script" ;;
esac
{
  { timeout -k 5 "$seconds" "$@" 3>&-; echo $? >"$d/code"; } 2>&1 >&3 |
    tail -c ${OUTPUT_BYTES_MAX} >"$d/err"
} 3>&1 | tail -c ${OUTPUT_BYTES_MAX}
cat "$d/err" >&2
exit "$(cat "$d/code")"
`

/** As `guest-exec` of qemu-guest-agent takes it. @see QEMU Guest Agent Protocol Reference, `guest-exec` */
export function guestExec({ script, environment, timeoutSeconds }: GuestScript): object {
  return {
    path: '/bin/sh',
    arg: ['-c', SHELL, 'sh', String(timeoutSeconds)],
    env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    'input-data': Buffer.from(toUtf8(script)).toString('base64'),
    'capture-output': true,
  }
}

/** Of `guest-exec-status`, once it exited. A guest may answer anything: what is none of it is nothing. */
export function endOf(status: Record<string, unknown>): GuestScriptEnd {
  const text = (name: string) => {
    const bytes = Buffer.from(String(status[name] ?? ''), 'base64').subarray(-OUTPUT_BYTES_MAX)
    return new TextDecoder().decode(bytes)
  }
  const { exitcode } = status
  return {
    exitCode: Number.isInteger(exitcode) ? Number(exitcode) : null,
    stdout: text('out-data'),
    stderr: text('err-data'),
  }
}
