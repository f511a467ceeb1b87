import { Link, makeStyles, SearchBox, Select, Text, tokens } from '@fluentui/react-components'
import type { BootEvent } from '@trusted-launch/api'
import { useMemo, useState } from 'react'
import { type Column, DataTable } from '../../../components/data-table.tsx'
import { Empty } from '../../../components/states.tsx'
import type { Texts } from '../../../texts/en.ts'
import { useTexts } from '../../../texts/texts.ts'
import { EventDialog } from './event-dialog.tsx'
import type { PartGiven } from './parts.tsx'
import { pcrOf } from './pcr-of.ts'
import { visible } from './visible.ts'

const DIGEST_CHARS = 16

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  mismatch: { color: tokens.colorPaletteRedForeground1 },
  digest: { fontFamily: tokens.fontFamilyMonospace },
})

/** The firmware's log, event by event; each is opened to its data, bytes and checks. */
export function Events({ boot }: PartGiven) {
  const texts = useTexts()
  const styles = useStyles()
  const [wanted, want] = useState('')
  const [pcr, ofPcr] = useState('')
  const [opened, open] = useState<BootEvent | null>(null)
  const columns = useColumns(open)
  const pcrs = useMemo(
    () => [...new Set(boot.events.map((event) => event.pcr))].sort((a, b) => a - b),
    [boot],
  )
  const shown = useMemo(() => matching(boot.events, wanted, pcr), [boot, wanted, pcr])
  if (boot.events.length === 0) return <Empty title={texts.boot.noEvents} />
  return (
    <>
      <div className={styles.row}>
        <SearchBox
          placeholder={texts.boot.search}
          aria-label={texts.boot.search}
          value={wanted}
          onChange={(_, { value }) => want(value)}
        />
        <Select aria-label={texts.boot.pcr} value={pcr} onChange={(_, { value }) => ofPcr(value)}>
          <option value="">{texts.boot.allRegisters}</option>
          {pcrs.map((one) => (
            <option key={one} value={String(one)}>
              {texts.boot.pcr} {pcrOf(one)}
            </option>
          ))}
        </Select>
        <Text size={200} role="status">
          {texts.shown(shown.length, boot.events.length)}
        </Text>
        {boot.leftOut.events > 0 && <Text>{texts.boot.leftOut(boot.leftOut.events)}</Text>}
      </div>
      {shown.length === 0 ? (
        <Empty title={texts.filtered} />
      ) : (
        <DataTable
          label={texts.boot.parts.events}
          rows={shown}
          columns={columns}
          idOf={({ index }) => String(index)}
        />
      )}
      {opened !== null && <EventDialog of={opened} boot={boot} onClose={() => open(null)} />}
    </>
  )
}

function useColumns(open: (event: BootEvent) => void): readonly Column<BootEvent>[] {
  const texts = useTexts()
  const styles = useStyles()
  return useMemo(() => columnsOf(texts, styles, open), [texts, styles, open])
}

function columnsOf(
  { boot }: Texts,
  styles: Readonly<Record<'mismatch' | 'digest', string>>,
  open: (event: BootEvent) => void,
): readonly Column<BootEvent>[] {
  return [
    {
      ...{ id: 'index', title: boot.event, width: 5, value: ({ index }) => index },
      cell: (event) => (
        <Link as="button" aria-label={`${boot.event} ${event.index}`} onClick={() => open(event)}>
          {event.index}
        </Link>
      ),
    },
    { id: 'pcr', title: boot.pcr, width: 4, value: ({ pcr }) => pcrOf(pcr) },
    { id: 'type', title: boot.type, width: 18, value: ({ type }) => type },
    {
      ...{ id: 'digest', title: boot.digest, width: 11, value: ({ digest }) => digest ?? '' },
      cell: ({ digest }) => (
        <span className={styles.digest} title={digest ?? undefined}>
          {digest?.slice(0, DIGEST_CHARS) ?? '–'}
        </span>
      ),
    },
    {
      ...{ id: 'text', title: boot.says, value: ({ text }) => text },
      cell: ({ text }) => <bdi title={visible(text)}>{visible(text)}</bdi>,
    },
    {
      ...{ id: 'worth', title: boot.isWorth, width: 9 },
      value: ({ status }) => boot.worthShort[status],
      cell: ({ status }) => (
        <span
          className={status === 'mismatch' ? styles.mismatch : undefined}
          title={boot.worth[status]}
        >
          {boot.worthShort[status]}
        </span>
      ),
    },
  ]
}

function matching(events: readonly BootEvent[], wanted: string, pcr: string) {
  const text = wanted.toLowerCase()
  return events.filter(
    (event) =>
      (pcr === '' || String(event.pcr) === pcr) &&
      (text === '' ||
        `${event.index} ${event.type} ${event.digest} ${event.text}`.toLowerCase().includes(text)),
  )
}
