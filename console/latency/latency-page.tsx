import { useCallback, useState } from 'react';
import { SignedIn } from '../session/signed-in.tsx';
import {
  type Group,
  type Grouping,
  groupings,
  type Latency,
  type PartName,
  type Percentiles,
  type Question,
  type Report,
  readReport,
  type WorstTurn,
} from './api.ts';
import { Waterfall } from './waterfall.tsx';

const periods = { 1: 'the last day', 7: 'the last 7 days', 30: 'the last 30 days' } as const;

const partNames: Readonly<Record<PartName, string>> = {
  total: 'Last word → first sound',
  transcription: 'Recogniser',
  end_of_turn: 'End of turn',
  llm_first_token: 'Model, first token',
  tts_first_byte: 'Voice, first sound',
};

/** How long callers wait for a reply, and where the time goes. */
export function LatencyPage() {
  const [question, setQuestion] = useState<Question>({ days: 7, groupBy: '' });
  const read = useCallback(() => readReport(question), [question]);
  return (
    <SignedIn
      title="Latency"
      className="latency"
      invitation="Sign in to see how long your callers wait for a reply."
      read={read}
    >
      {(report) => (
        <>
          <Filters question={question} onChange={setQuestion} />
          <Figures report={report} groupBy={question.groupBy} />
        </>
      )}
    </SignedIn>
  );
}

interface FiltersProps {
  readonly question: Question;
  readonly onChange: (question: Question) => void;
}

function Filters({ question, onChange }: FiltersProps) {
  return (
    <div className="filters">
      <Choice
        label="Period"
        value={String(question.days)}
        options={periods}
        onChoose={(days) => onChange({ ...question, days: Number(days) })}
      />
      <Choice
        label="Compare by"
        value={question.groupBy}
        options={{ '': 'nothing', ...groupings }}
        onChoose={(groupBy) => onChange({ ...question, groupBy: groupBy as Question['groupBy'] })}
      />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: Readonly<Record<string, string>>;
  readonly onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChoose(event.target.value)}>
        {Object.entries(options).map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Figures({ report, groupBy }: { readonly report: Report; readonly groupBy: Grouping | '' }) {
  const { latency, groups, worst } = report;
  if (latency.total.turns === 0)
    return <p role="status">No agent has answered anybody in this time. Make a call, then look again.</p>;
  return (
    <>
      <PartsTable latency={latency} />
      {groupBy !== '' && <GroupsTable groups={groups} what={groupings[groupBy]} />}
      <WorstTurns worst={worst} />
    </>
  );
}

function PartsTable({ latency }: { readonly latency: Latency }) {
  return (
    <table className="figures">
      <caption>{latency.total.turns} turns, in milliseconds</caption>
      <thead>
        <tr>
          <th scope="col">Part</th>
          <PercentileHeads />
        </tr>
      </thead>
      <tbody>
        {(Object.keys(partNames) as PartName[]).map((part) => (
          <tr key={part}>
            <th scope="row">{partNames[part]}</th>
            <PercentileCells of={latency[part]} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function GroupsTable({ groups, what }: { readonly groups: readonly Group[]; readonly what: string }) {
  return (
    <table className="figures">
      <caption>Last word → first sound by {what}</caption>
      <thead>
        <tr>
          <th scope="col">{what}</th>
          <th scope="col">Turns</th>
          <PercentileHeads />
        </tr>
      </thead>
      <tbody>
        {groups.map(({ key, name, latency: { total } }) => (
          <tr key={key ?? ''}>
            <th scope="row">{name ?? key ?? 'web, or gone'}</th>
            <td>{total.turns}</td>
            <PercentileCells of={total} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function PercentileHeads() {
  return (
    <>
      <th scope="col">p50</th>
      <th scope="col">p95</th>
      <th scope="col">p99</th>
    </>
  );
}

function PercentileCells({ of: { p50_ms, p95_ms, p99_ms } }: { readonly of: Percentiles }) {
  return (
    <>
      <td>{figure(p50_ms)}</td>
      <td>{figure(p95_ms)}</td>
      <td>{figure(p99_ms)}</td>
    </>
  );
}

function WorstTurns({ worst }: { readonly worst: readonly WorstTurn[] }) {
  const scaleMs = Math.max(1, ...worst.map(({ total_ms }) => total_ms ?? 0));
  return (
    <section aria-labelledby="worst">
      <h2 id="worst">Slowest turns</h2>
      <ol className="turns">
        {worst.map((turn) => (
          <li key={`${turn.call_id} ${turn.at}`}>
            <p className="said">“{turn.text}”</p>
            <p className="status">
              {turn.agent_name}, {turn.phone_number ?? 'web'}, {new Date(turn.at).toLocaleString()} ·{' '}
              <a href={`/latency?call=${turn.call_id}`}>every turn of this call</a>
            </p>
            <Waterfall parts={turn} scaleMs={scaleMs} />
          </li>
        ))}
      </ol>
    </section>
  );
}

const figure = (ms: number | null): string => (ms === null ? '–' : String(Math.round(ms)));
