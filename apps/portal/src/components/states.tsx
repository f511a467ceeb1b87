import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { failureOf } from '../api/errors.ts'
import { useTexts } from '../texts/texts.ts'
import { Copyable } from './copyable.tsx'

const useStyles = makeStyles({
  middle: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: tokens.spacingVerticalM,
    padding: tokens.spacingVerticalXXXL,
    textAlign: 'center',
  },
})

export function Loading() {
  const texts = useTexts()
  return (
    <div className={useStyles().middle}>
      <Spinner label={texts.loading} />
    </div>
  )
}

/** Nothing there, and what to do about it. */
export function Empty(given: { title: string; advice?: string; children?: ReactNode }) {
  return (
    <div className={useStyles().middle}>
      <Text size={400} weight="semibold">
        {given.title}
      </Text>
      {given.advice !== undefined && <Text>{given.advice}</Text>}
      {given.children}
    </div>
  )
}

/** What went wrong, by which id to find it in the log, and another try. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const texts = useTexts()
  const { code, message, correlationId } = failureOf(error)
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{code}</MessageBarTitle> {message}
        {correlationId !== null && (
          <div>
            {texts.correlation}: <Copyable text={correlationId} />
          </div>
        )}
      </MessageBarBody>
      {retry !== undefined && (
        <MessageBarActions>
          <Button onClick={retry}>{texts.retry}</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  )
}
