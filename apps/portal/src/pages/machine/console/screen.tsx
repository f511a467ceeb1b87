import { Button, makeStyles } from '@fluentui/react-components'
import RFB from '@novnc/novnc'
import { useCallback, useEffect, useRef } from 'react'
import { useConsole } from '../../../queries/console.ts'
import { useTexts } from '../../../texts/texts.ts'
import type { ConsoleGiven } from '../console.tsx'
import { ConsoleFrame } from './frame.tsx'

const useStyles = makeStyles({ screen: { height: 'max(20rem, calc(100vh - 24rem))' } })

/** Its screen, and its keyboard and mouse. */
export default function Screen({ machine, mayType, needs }: ConsoleGiven) {
  const { consoles: words } = useTexts()
  const host = useRef<HTMLDivElement>(null)
  const shown = useRef<RFB>(null)
  const label = words.screenOf(machine.name)
  const use = useCallback(
    (socket: WebSocket) => {
      const made = new RFB(host.current!, socket, { shared: true })
      shown.current = made
      made.scaleViewport = true
      made.background = 'transparent'
      // It is only looked at, whatever this page does: the service passes nothing on.
      made.viewOnly = !mayType
      const canvas = host.current!.querySelector('canvas')
      canvas?.setAttribute('role', 'application')
      canvas?.setAttribute('aria-label', label)
      if (canvas !== null) canvas.tabIndex = 0
    },
    [mayType, label],
  )
  const link = useConsole({ machine: machine.id, kind: 'screen', mayType, use })
  useEffect(() => () => shown.current?.disconnect(), [])
  return (
    <ConsoleFrame
      {...link}
      needs={needs}
      mayType={mayType}
      tools={
        <Button
          disabledFocusable={!mayType || link.state.is !== 'open'}
          onClick={() => shown.current?.sendCtrlAltDel()}
        >
          {words.keys}
        </Button>
      }
    >
      <div ref={host} className={useStyles().screen} />
    </ConsoleFrame>
  )
}
