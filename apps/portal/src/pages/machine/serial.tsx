import { Button, Link, makeStyles, Text, tokens } from '@fluentui/react-components'
import { ArrowClockwiseRegular } from '@fluentui/react-icons'
import { useMemo } from 'react'
import { Allowed } from '../../components/allowed.tsx'
import { Row } from '../../components/row.tsx'
import { Failed, Loading } from '../../components/states.tsx'
import { useSerialLog } from '../../queries/machine-parts.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'
import { ConsoleText } from './console/console-text.ts'

const READ = 'Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action'
/** Bytes, from the end. */
const SHOWN_MAX = 256 * 1024
const ESCAPE = String.fromCharCode(27)
/** What moves a terminal's cursor or gives it colours. @see ECMA-48, 5.4 */
const CONTROL_SEQUENCES = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|[ -/]*[0-Z\\\\-~])`, 'g')

const useStyles = makeStyles({
  text: {
    margin: 0,
    padding: tokens.spacingHorizontalM,
    overflow: 'auto',
    maxHeight: 'calc(100vh - 18rem)',
    backgroundColor: tokens.colorNeutralBackground2,
    fontFamily: tokens.fontFamilyMonospace,
  },
})

/** What it wrote to its console since it began: the guest's own words, as text and never as anything else. */
export default function Serial({ machine }: TabGiven) {
  const { refresh } = useTexts()
  return (
    <Allowed needs={{ action: READ, scope: machine.id }} verb={refresh}>
      <Log machine={machine} />
    </Allowed>
  )
}

function Log({ machine }: TabGiven) {
  const texts = useTexts()
  const { resources } = texts
  const styles = useStyles()
  const log = useSerialLog(machine.id)
  const all = log.data?.bytes ?? new Uint8Array()
  const text = useMemo(() => new ConsoleText().decode(all.subarray(-SHOWN_MAX)), [all])
  const shown = text.replaceAll(CONTROL_SEQUENCES, '')
  return (
    <>
      <Row label={texts.machine.tabs.serial}>
        <Button
          appearance="subtle"
          icon={<ArrowClockwiseRegular />}
          disabled={log.isFetching}
          onClick={() => log.refetch()}
        >
          {texts.refresh}
        </Button>
        {log.data !== undefined && (
          <Link href={log.data.address} download={`${machine.name}-serial.log`}>
            {resources.download}
          </Link>
        )}
      </Row>
      {all.length > SHOWN_MAX && <Text>{resources.endOnly}</Text>}
      {log.isPending && <Loading />}
      {log.isError && <Failed error={log.error} retry={log.refetch} />}
      {log.data !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <pre className={styles.text} tabIndex={0}>
          {shown === '' ? resources.nothingWritten : shown}
        </pre>
      )}
    </>
  )
}
