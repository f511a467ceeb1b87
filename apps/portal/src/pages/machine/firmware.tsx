import { Panel } from '../../components/panel.tsx'
import { Properties } from '../../components/properties.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { type FirmwareDatabase, useFirmware } from '../../queries/machine-parts.ts'
import { useTexts } from '../../texts/texts.ts'

/** What its firmware trusts and forbids now, as its variable store has it. */
export function FirmwarePanel({ id }: { id: string }) {
  const texts = useTexts()
  const { resources } = texts
  const { firmware: words } = resources
  return (
    <Panel title={words.title} of={useFirmware(id)}>
      {({ secureBootEnforced, secureBootOffReason, signatures, machineOwnerKeys, sbatLevel }) => (
        <>
          <Properties
            of={[
              [
                'Secure Boot',
                secureBootEnforced ? words.enforced : words.off(secureBootOffReason!),
              ],
              [words.revoked, signatures.dbx.unreadable ?? String(signatures.dbx.sha256Count)],
              ['SBAT', sbatLevel === null ? texts.none : (sbatLevel.date ?? sbatLevel.unreadable)],
            ]}
          />
          <SimpleTable
            label={words.title}
            titles={[resources.list, words.certificate, words.until, words.authority, 'SHA-256']}
            rows={Object.entries({ ...signatures, ...machineOwnerKeys }).flatMap(rowsOf)}
          />
        </>
      )}
    </Panel>
  )
}

function rowsOf([list, { certificates = [], unreadable }]: [string, FirmwareDatabase]) {
  const bad = unreadable === undefined ? [] : [[list, list, unreadable] as const]
  const rows = certificates.map((one, i) => {
    const { subject, notAfter, microsoftAuthority, sha256 } = one
    const until = notAfter?.slice(0, 10) ?? ''
    const key = `${list} ${i}`
    return [key, list, subject ?? one.unreadable, until, microsoftAuthority ?? '', sha256] as const
  })
  return [...bad, ...rows]
}
