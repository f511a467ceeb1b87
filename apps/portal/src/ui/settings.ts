import { type Language, languageOf } from '../texts/texts.ts'

export type ThemeName = 'light' | 'dark' | 'contrast' | 'system'

/** What one browser remembers of how pages look. */
export interface Settings {
  readonly theme: ThemeName
  readonly language: Language
}

const KEY = 'trusted-launch.settings'

export function loadSettings(): Settings {
  const fallback: Settings = { theme: 'system', language: languageOf(navigator.language) }
  try {
    return { ...fallback, ...JSON.parse(localStorage.getItem(KEY) ?? '{}') }
  } catch {
    return fallback
  }
}

export function saveSettings(settings: Settings): void {
  localStorage.setItem(KEY, JSON.stringify(settings))
}
