export { abandonState, abandonWindowDays, isOverAbandoned } from './abandonment.ts';
export { attemptId } from './attempt-id.ts';
export { checkRuleSettings } from './check-settings.ts';
export {
  type ContactFacts,
  type DialFact,
  type Judgement,
  judgeContact,
  type ListName,
  type Reason,
  type RegistryFacts,
  waitsForRegistry,
} from './judge-contact.ts';
export { isRulePack, type RulePack, registriesFor, rulePacks, rulesVersion } from './packs/index.ts';
export { locate, type Place, type PlaceProblem, placeOfKey, windowKey } from './places/locate.ts';
export { isOpen, nextLegalMoment, unchangedUntil } from './schedule.ts';
export { type Caps, type RuleSettings, ruleSettings } from './settings.ts';
export { isZone, localTime } from './time/local-time.ts';
