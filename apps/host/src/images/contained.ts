import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'

/**
 * Arguments of setpriv(1) for a program that mounts below a folder of ours: were it to outlive a killed
 * builder, whoever removes that folder would remove through its mounts. So it has namespaces of its own, and
 * ends, mounts and all, with its builder.
 *
 * In a chroot whose root is no mount point, nothing in it can make the mounts private: there they are as
 * private as its host has them, and `removeBuildFolder` looks for what is left.
 */
export function contained(): string[] {
  const propagation = mountPoints().includes('/') ? 'private' : 'unchanged'
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  return ['--pdeathsig', 'KILL', 'unshare', `--propagation=${propagation}`, ...namespaces]
}

/** Removes a folder that something was built in, and nothing that is mounted below it. */
export async function removeBuildFolder(folder: string): Promise<void> {
  const below = mountPoints().filter((point) => point.startsWith(`${folder}/`))
  for (const point of below.reverse()) execFileSync('umount', ['--lazy', '--', point])
  await rm(folder, { recursive: true, force: true })
}

/** Where something is mounted, as mounted one after the other. proc(5), /proc/PID/mountinfo. */
function mountPoints(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')
  return lines.map((line) =>
    line
      .split(' ')[4]!
      .replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
  )
}
