import { Button, makeStyles, Switch, Text } from '@fluentui/react-components'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useConsole } from '../../../queries/console.ts'
import { useTexts } from '../../../texts/texts.ts'
import type { ConsoleGiven } from '../console.tsx'
import { ConsoleFrame } from './frame.tsx'
import { SerialTerminal } from './serial-terminal.ts'

const useStyles = makeStyles({ terminal: { height: 'max(27rem, calc(100vh - 24rem))' } })

/** Its serial port, as a terminal. */
export default function Serial({ machine, mayType, needs }: ConsoleGiven) {
  const { consoles: words } = useTexts()
  const host = useRef<HTMLDivElement>(null)
  const [terminal, show] = useState<SerialTerminal | null>(null)
  const [isRead, read] = useState(false)
  const [isRefused, refuse] = useState(false)
  const label = words.of(machine.name)
  useEffect(() => {
    const made = new SerialTerminal(host.current!, label, words.leftOut)
    show(made)
    return () => made.dispose()
  }, [label, words])
  useEffect(() => {
    if (terminal !== null) terminal.mayType = mayType
  }, [terminal, mayType])
  useEffect(() => {
    if (terminal !== null) terminal.isRead = isRead
  }, [terminal, isRead])
  const use = useMemo(
    () => terminal && ((socket: WebSocket) => terminal.attach(socket)),
    [terminal],
  )
  const link = useConsole({ machine: machine.id, kind: 'serial', mayType, use })
  const paste = async () => {
    try {
      terminal?.paste(await navigator.clipboard.readText())
      refuse(false)
    } catch {
      refuse(true)
    }
  }
  return (
    <ConsoleFrame
      {...link}
      needs={needs}
      mayType={mayType}
      tools={
        <>
          <Button onClick={() => navigator.clipboard.writeText(terminal?.text ?? '')}>
            {words.copy}
          </Button>
          <Button disabledFocusable={!mayType} onClick={() => void paste()}>
            {words.paste}
          </Button>
          <Button onClick={() => terminal?.clear()}>{words.clear}</Button>
          <Switch
            checked={isRead}
            label={words.readOut}
            onChange={(_, { checked }) => read(checked)}
          />
        </>
      }
    >
      {isRefused && <Text role="alert">{words.noClipboard}</Text>}
      <div ref={host} className={useStyles().terminal} />
    </ConsoleFrame>
  )
}
