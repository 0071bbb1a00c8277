import { describeStatusDetail, type StatusDetail } from 'mercadopago-wallet-connect'
import { DECISIONS } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'

const BAD_FILLED = ['card_number', 'date', 'other', 'security_code'].map((field) => `cc_rejected_bad_filled_${field}`)

/** The documented details by status, copied from the documentation and not from the source. */
const documented = {
  paid: ['accredited', 'partially_refunded'],
  reserved: ['pending_capture'],
  open: [
    'offline_process',
    'pending_contingency',
    'pending_review_manual',
    'deferred_retry',
    'pending_waiting_transfer',
    'pending_waiting_payment',
    'pending_challenge',
    'pending_waiting_for_remedy',
    'pending_provider_response',
    'in_process',
  ],
  over: ['expired', 'by_collector', 'by_payer', 'settled', 'reimbursed', 'refunded', 'by_admin'],
  rejected: [
    ...BAD_FILLED,
    'bank_error',
    'cc_rejected_3ds_mandatory',
    'cc_rejected_blacklist',
    'cc_rejected_call_for_authorize',
    'cc_rejected_card_disabled',
    'cc_rejected_card_error',
    'cc_rejected_card_type_not_allowed',
    'cc_rejected_duplicated_payment',
    'cc_rejected_high_risk',
    'cc_rejected_insufficient_amount',
    'cc_rejected_invalid_installments',
    'cc_rejected_max_attempts',
    'cc_rejected_other_reason',
    'cc_rejected_time_out',
    'rejected_by_bank',
    'rejected_by_regulations',
    'rejected_high_risk',
    'insufficient_money',
    'insufficient_amount',
  ],
}
const details = Object.values(documented).flat()

const languages = ['en', 'es', 'pt']
const general = (language: string): string => describeStatusDetail(undefined, language)
const textsOf = (language: string): string[] => [
  general(language),
  ...details.map((detail) => describeStatusDetail(detail, language)),
]
const NOT_APPROVED: Record<string, string> = {
  en: 'Your payment was not approved',
  es: 'Tu pago no fue aprobado',
  pt: 'Seu pagamento não foi aprovado',
}
const APPROVED = /approved|aprobad|aprovad/i

describe('describeStatusDetail', () => {
  it.each(details)('has a specific text for %s in three languages', (detail) => {
    const texts = languages.map((language) => describeStatusDetail(detail, language))
    expect(new Set(texts).size).toBe(3)
    for (const language of languages) expect(texts).not.toContain(general(language))
  })

  it('has a text for every decision of the emulator', () => {
    expect([...new Set(DECISIONS.map((decision) => decision.status_detail))].sort()).toEqual([...details].sort())
  })

  it('answers in the requested language', () => {
    const expected = { en: 'Your payment was approved.', es: 'Tu pago fue aprobado.', pt: 'Seu pagamento foi aprovado.' }
    for (const [language, text] of Object.entries(expected)) expect(describeStatusDetail('accredited', language)).toBe(text)
    for (const text of textsOf('en')) expect(text).toMatch(/\b(the|your|this)\b/i)
    for (const text of textsOf('es')) expect(text).toMatch(/\b(el|tu|este|pago)\b/i)
    for (const text of textsOf('pt')) expect(text).toMatch(/\b(o|seu|sua|este|pagamento)\b/i)
    for (const text of textsOf('es')) expect(text).not.toMatch(/[ãõç]|\b(você|usted|vos)\b/)
    for (const text of textsOf('pt')) expect(text).not.toMatch(/ñ|\b(tu|tua|teu)\b/i)
  })

  it.each([
    ['pt', 'pt pt-BR PT-br pt_BR pt_br.UTF-8 pt-PT pt-Latn-BR'],
    ['es', 'es es-AR ES es_MX es-419 es-Latn-PE es-u-nu-latn'],
    ['en', 'en en-US EN_gb fr de-DE est ptx por spa x-pt en-ES'],
  ])('answers in the language %s for the locales %s', (language, locales) => {
    for (const locale of locales.split(' ')) {
      expect(describeStatusDetail('expired', locale), locale).toBe(describeStatusDetail('expired', language))
      expect(describeStatusDetail('a_future_detail', locale), locale).toBe(general(language))
    }
  })

  it('answers in English if the locale is not valid', () => {
    const odd = ['', ' ', '-', '_', 'constructor', '__proto__', 'toString', 'hasOwnProperty', undefined, null, 7, {}, []]
    for (const locale of odd)
      expect(describeStatusDetail('expired', locale as string)).toBe(describeStatusDetail('expired', 'en'))
  })

  it('gives the general text for an undocumented detail', () => {
    const unknown = ['a_future_detail', '', ' accredited', 'Accredited', 'accredited ', 'cc_rejected_', 'approved', null]
    const hostile = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty', 'en', 'pt']
    const otherTypes = [7, true, {}, ['accredited'], Object.create(null), { toString: () => 'accredited' }, Symbol('accredited')]
    for (const language of languages) {
      for (const detail of [...unknown, ...hostile, ...otherTypes]) {
        expect(describeStatusDetail(detail as StatusDetail, language)).toBe(general(language))
      }
    }
  })

  it('has a general text that states no outcome and warns against paying twice', () => {
    for (const language of languages) {
      expect(general(language)).not.toMatch(APPROVED)
      expect(general(language)).not.toMatch(/confirm|reject|cancel|charged|refund|recus|rechaz|cobr|devol|reembols/i)
      expect(general(language)).toMatch(/before you pay again|antes de volver a pagar|antes de pagar de novo/)
    }
  })

  it('says "approved" only of details that mean paid', () => {
    for (const language of languages) {
      for (const detail of documented.paid) expect(describeStatusDetail(detail, language)).toMatch(APPROVED)
      for (const detail of documented.rejected) {
        const text = describeStatusDetail(detail, language)
        const start = NOT_APPROVED[language] ?? ''
        expect(text.slice(0, start.length), detail).toBe(start)
        expect(text.slice(start.length), detail).not.toMatch(APPROVED)
      }
      for (const detail of [...documented.reserved, ...documented.open, ...documented.over]) {
        expect(describeStatusDetail(detail, language), detail).not.toMatch(APPROVED)
      }
    }
  })

  it('never suggests paying again while the payment may still be charged', () => {
    const waiting = [
      'offline_process',
      'pending_contingency',
      'pending_review_manual',
      'pending_provider_response',
      'deferred_retry',
    ]
    for (const detail of [...waiting, 'in_process']) {
      for (const language of languages) {
        expect(describeStatusDetail(detail, language), detail).toMatch(/do not pay again|no vuelvas a pagar|não pague de novo/)
      }
    }
    for (const detail of [...documented.reserved, ...documented.open]) {
      for (const language of languages) {
        expect(describeStatusDetail(detail, language), detail).not.toMatch(/try again|another payment|otro medio|outro meio/)
      }
    }
  })

  it('gives suspected fraud the same text as an ordinary rejection', () => {
    for (const language of languages) {
      const ordinary = describeStatusDetail('cc_rejected_other_reason', language)
      for (const detail of ['cc_rejected_blacklist', 'cc_rejected_high_risk', 'rejected_high_risk', 'rejected_by_regulations']) {
        expect(describeStatusDetail(detail, language), detail).toBe(ordinary)
      }
      expect(new Set(BAD_FILLED.map((detail) => describeStatusDetail(detail, language))).size).toBe(1)
      const review = describeStatusDetail('pending_review_manual', language)
      expect(review).toBe(describeStatusDetail('pending_contingency', language))
    }
  })

  it.each(languages)('has texts of one or two short, clean sentences in the language %s', (language) => {
    for (const text of textsOf(language)) {
      const sentences = text.split(/(?<=\.) /)
      expect(text).toMatch(/^\p{Lu}.*\.$/u)
      expect(sentences.length, text).toBeLessThanOrEqual(2)
      for (const sentence of sentences) expect(sentence.length, sentence).toBeLessThanOrEqual(110)
      expect(text).toBe(text.trim().normalize('NFC'))
      expect(text).not.toMatch(/\s\s|[^\S ]|\.\.|[_{}<>%$[\]|\\/@#]|undefined|null/)
    }
  })

  it.each(languages)('uses no technical or accusing word in the language %s', (language) => {
    const technical =
      /\b(?:cc|3ds|api|status|token|id|error|erro|code|c[oó]digo|time ?out|captur\w*|contingenc\w*|chargeback|binary)\b/i
    const accusing =
      /fraud|risk|riesgo|risco|blacklist|lista|suspicio|sospech|suspeit|segurança|seguridad|security|wrong|invalid|inv[aá]lid/i
    for (const text of textsOf(language)) {
      expect(text).not.toMatch(technical)
      expect(text).not.toMatch(accusing)
    }
  })
})
