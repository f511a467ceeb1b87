import {
  Button,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Text,
  Title1,
  tokens,
} from '@fluentui/react-components'
import { useTexts } from '../texts/texts.ts'
import { type SignInIssuer, signInUrl } from './session.ts'

const useStyles = makeStyles({
  page: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    maxWidth: '26rem',
    margin: '0 auto',
    // No margin: that would be outside of what has the theme's colour.
    padding: `15vh ${tokens.spacingHorizontalXL} 0`,
  },
})

/** The first page of who is not signed in. */
export function SignIn({ issuers }: { issuers: readonly SignInIssuer[] }) {
  const texts = useTexts()
  const failed = new URLSearchParams(location.search).get('failed')
  const failures: Readonly<Record<string, string>> = texts.signIn.failed
  return (
    <main className={useStyles().page}>
      <Title1 as="h1">{texts.product}</Title1>
      {failed !== null && failures[failed] !== undefined && (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>{failures[failed]}</MessageBarBody>
        </MessageBar>
      )}
      {issuers.map(({ name, label }) => (
        <Button
          key={name}
          as="a"
          size="large"
          appearance={label === null ? 'primary' : 'secondary'}
          href={signInUrl(name)}
        >
          {label === null ? texts.signIn.here : texts.signIn.at(label)}
        </Button>
      ))}
      <Text size={200}>{texts.signIn.ticket}</Text>
    </main>
  )
}
