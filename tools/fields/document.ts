import {
  type Disposition,
  type Dispositions,
  diskDispositions,
  dispositionRows,
  galleryDispositions,
  scaleSetDispositions,
  snapshotDispositions,
  vmDispositions,
} from '@trusted-launch/api'

/** The types that the page tells of. */
export const documentedTypes: readonly (readonly [type: string, rules: Dispositions])[] = [
  ['VirtualMachine', vmDispositions],
  ['VirtualMachineScaleSet', scaleSetDispositions],
  ['Disk', diskDispositions],
  ['DiskUpdate', diskDispositions],
  ['Snapshot', snapshotDispositions],
  ['SnapshotUpdate', snapshotDispositions],
  ...Object.entries(galleryDispositions),
]

const WORDS: Readonly<Record<Disposition, string>> = {
  honoured: 'honoured',
  notEnforced: 'kept, without effect',
  refused: 'refused',
}

/** What becomes of each member of a type that a client can send, as a page. */
export function fieldsDocument(
  types: readonly (readonly [type: string, rules: Dispositions])[],
): string {
  const sections = types.map(([type, rules]) => {
    const rows = dispositionRows(type, rules).map(
      ([path, what]) => `| \`${path}\` | ${WORDS[what]} |\n`,
    )
    return `\n## ${type}\n\n| member | |\n| --- | --- |\n${rows.join('')}`
  })
  return `# What becomes of what clients send

Made by \`npm run fields\` from Azure's own client libraries. A member that is not here is refused (\`Could not find member …\`); one that is
kept without effect is told in the instance view, as \`NotEnforced/Properties\`, of a disk or a snapshot in its \`properties.notEnforced\`; members of answers are left out when they are sent back.
${sections.join('')}`
}
