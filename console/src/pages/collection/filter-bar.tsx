import { type ReactElement, useState } from 'react';
import { useOverview } from '../../api/queries.ts';
import type { Overview } from '../../api/types.ts';
import { type Option, SelectField, TextField } from '../../components/fields.tsx';
import { providerName } from '../../components/provider-mark.tsx';
import { dayBefore } from '../../lib/calendar.ts';
import { texts } from '../../texts.ts';
import type { Filters } from './filters.ts';

interface FilterBarProps {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
}

/** How many days back, by the name of the choice. */
const SPANS: Readonly<Record<string, number>> = { week: 7, month: 30, year: 365 };

/** It does not say when something was saved. */
const UNDATED = 'reddit';

/** Where from, in which state, and when saved. */
export function FilterBar({ filters, onChange }: FilterBarProps): ReactElement {
  const { data: overview } = useOverview();
  const words = texts.collection.filters;
  const where = [filters.provider, filters.user, filters.collection].filter((part) => part !== '').join('/');
  const chooseWhere = (value: string): void => {
    const [provider = '', user = '', collection = ''] = value.split('/');
    onChange({ ...filters, provider, user, collection });
  };
  return (
    <div className="filter-bar">
      <SelectField
        label={words.where}
        isLabelHidden
        options={placesOf(overview, where)}
        value={where}
        onChange={chooseWhere}
      />
      <SelectField
        label={words.state}
        isLabelHidden
        options={Object.entries(words.states).map(([value, label]) => ({
          value: value === 'usual' ? '' : value,
          label,
        }))}
        value={filters.state}
        onChange={(state) => onChange({ ...filters, state })}
      />
      <TimeFilter filters={filters} onChange={onChange} />
      {hidesUndated(filters, overview) ? (
        <p className="filter-note muted small">{words.undated(providerName(UNDATED))}</p>
      ) : null}
    </div>
  );
}

function hidesUndated({ provider, from, to }: Filters, overview: Overview | undefined): boolean {
  if (from === '' && to === '') return false;
  return provider === ''
    ? (overview?.collections ?? []).some((list) => list.provider === UNDATED)
    : provider === UNDATED;
}

/** All, each provider, and the lists of a provider that has several. */
function placesOf(overview: Overview | undefined, chosen: string): readonly Option[] {
  const lists = overview?.collections ?? [];
  const providers = [...new Set(lists.map(({ provider }) => provider))];
  const options = providers.flatMap((provider) => {
    const own = lists.filter((list) => list.provider === provider);
    const each = own.map(({ user, collection }) => ({
      value: [provider, user, collection].join('/'),
      label: texts.collection.filters.list(providerName(provider), user, collection),
    }));
    return [{ value: provider, label: providerName(provider) }, ...(own.length > 1 ? each : [])];
  });
  // What the address names is a choice too, also where nothing is there yet.
  const isKnown = chosen === '' || options.some(({ value }) => value === chosen);
  return [
    { value: '', label: texts.collection.filters.everywhere },
    ...options,
    ...(isKnown ? [] : [{ value: chosen, label: chosen }]),
  ];
}

function TimeFilter({ filters, onChange }: FilterBarProps): ReactElement {
  const words = texts.collection.filters;
  const [wantsDays, setWantsDays] = useState(false);
  const span = spanOf(filters);
  const choose = (value: string): void => {
    setWantsDays(value === 'days');
    const days = SPANS[value];
    if (value === 'days') return;
    onChange({ ...filters, from: days === undefined ? '' : dayBefore(Date.now(), days), to: '' });
  };
  const isByDays = wantsDays || span === 'days';
  return (
    <>
      <SelectField
        label={words.time}
        isLabelHidden
        options={Object.entries(words.times).map(([value, label]) => ({ value: value === 'any' ? '' : value, label }))}
        value={isByDays ? 'days' : span}
        onChange={choose}
      />
      {isByDays ? (
        <div className="row filter-days">
          <TextField
            label={words.from}
            isLabelHidden
            type="date"
            value={filters.from}
            onChange={(event) => onChange({ ...filters, from: event.target.value })}
          />
          <TextField
            label={words.to}
            isLabelHidden
            type="date"
            value={filters.to}
            onChange={(event) => onChange({ ...filters, to: event.target.value })}
          />
        </div>
      ) : null}
    </>
  );
}

function spanOf({ from, to }: Filters): string {
  if (from === '' && to === '') return '';
  if (to !== '') return 'days';
  return Object.keys(SPANS).find((name) => from === dayBefore(Date.now(), SPANS[name] ?? 0)) ?? 'days';
}
