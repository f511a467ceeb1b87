import { createContext, useContext } from 'react'
import { en, type Texts } from './en.ts'
import { fr } from './fr.ts'

export type Language = 'en' | 'fr'
export const CATALOGUES: Readonly<Record<Language, Texts>> = { en, fr }

export const LanguageContext = createContext<Language>('en')

/** What the page says, in the language that was chosen. */
export function useTexts(): Texts {
  return CATALOGUES[useContext(LanguageContext)]
}

/** The browser's, where there is a catalogue of it. */
export function languageOf(wanted: string): Language {
  return wanted.toLowerCase().startsWith('fr') ? 'fr' : 'en'
}
