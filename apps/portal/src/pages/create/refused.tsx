import {
  Button,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Text,
} from '@fluentui/react-components'
import { Copyable } from '../../components/copyable.tsx'
import { Go } from '../../components/go.tsx'
import { Row } from '../../components/row.tsx'
import { paths } from '../../paths.ts'
import { type Creation, resume, setAside } from '../../queries/creation.ts'
import { useTexts } from '../../texts/texts.ts'

/** Why it stopped, in the service's own words; by which id its log tells more; and what to do. */
export function Refused({ of }: { of: Creation }) {
  const texts = useTexts()
  const { create } = texts
  const failed = of.deeds.find(({ state }) => state === 'failed')!
  const { code, message, correlationId } = failed.failure!
  const advice = create.advice[code] ?? create.adviceElse
  const isThere = of.deeds.some(({ part, isMade }) => part === 'vm' && isMade)
  return (
    <>
      <MessageBar intent="error" layout="multiline" role="alert">
        <MessageBarBody>
          <MessageBarTitle>{code}</MessageBarTitle> {create.own[code]?.(message) ?? message}
          {correlationId !== null && (
            <div>
              {texts.correlation}: <Copyable text={correlationId} />
            </div>
          )}
        </MessageBarBody>
      </MessageBar>
      <Text>{advice}</Text>
      <Row>
        <Button appearance="primary" onClick={setAside}>
          {create.changeIt}
        </Button>
        <Button onClick={resume}>{texts.retry}</Button>
        {isThere && <Go to={paths.machine(of.machine, 'serial')}>{create.serial}</Go>}
      </Row>
    </>
  )
}
