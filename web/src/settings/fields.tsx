import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';

/** What ties a control to its name, its hint and its fault. */
export interface Control {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  readonly children: (control: Control) => ComponentChildren;
}

/** A field's name, what it does, and what is wrong with it. */
export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId();
  const about = [hint === undefined ? '' : `${id}-hint`, fault === undefined ? '' : `${id}-fault`].join(' ').trim();
  return (
    <div class="setting">
      <label class="setting-name" htmlFor={id}>
        {label}
      </label>
      {children({ id, 'aria-describedby': about === '' ? undefined : about, 'aria-invalid': fault !== undefined })}
      {hint !== undefined && (
        <span id={`${id}-hint`} class="setting-hint">
          {hint}
        </span>
      )}
      {fault !== undefined && (
        <span id={`${id}-fault`} class="setting-fault">
          {fault}
        </span>
      )}
    </div>
  );
}

interface NumberProps {
  readonly label: string;
  /** Undefined where the document does not say: the default holds. */
  readonly value: number | null | undefined;
  readonly onValue: (value: number | undefined) => void;
  readonly placeholder?: string | undefined;
  readonly unit?: string | undefined;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  readonly name?: string;
}

/** A number; empty is "not set". What is no number yet stays in the field and out of the document. */
export function NumberField({ label, value, onValue, placeholder, unit, hint, fault, name }: NumberProps) {
  return (
    <Field label={unit === undefined ? label : `${label}, ${unit}`} hint={hint} fault={fault}>
      {(control) => (
        <NumberInput value={value} onValue={onValue} placeholder={placeholder} name={name} control={control} />
      )}
    </Field>
  );
}

interface NumberInputProps {
  readonly value: number | null | undefined;
  readonly onValue: (value: number | undefined) => void;
  readonly placeholder?: string | undefined;
  readonly name?: string | undefined;
  readonly invalid?: boolean;
  readonly ariaLabel?: string;
  readonly control?: Control;
}

export function NumberInput({ value, onValue, placeholder, name, invalid, ariaLabel, control }: NumberInputProps) {
  const shown = value === null || value === undefined ? '' : String(value);
  const [text, setText] = useState(shown);
  useEffect(() => {
    // Not while the same number is being typed: `1.` is 1 already.
    setText((old) => (old.trim() !== '' && Number(old) === value ? old : shown));
  }, [shown, value]);
  return (
    <input
      class="field"
      id={control?.id}
      aria-describedby={control?.['aria-describedby']}
      inputMode="decimal"
      name={name}
      aria-label={ariaLabel}
      aria-invalid={invalid || control?.['aria-invalid'] || (text.trim() !== '' && !Number.isFinite(Number(text)))}
      placeholder={placeholder}
      value={text}
      onInput={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        if (next.trim() === '') onValue(undefined);
        else if (Number.isFinite(Number(next))) onValue(Number(next));
      }}
      onBlur={() => setText(shown)}
    />
  );
}

interface WordsProps {
  readonly label: string;
  readonly value: readonly string[] | null | undefined;
  /** Undefined where the field is empty. */
  readonly onValue: (value: string[] | undefined) => void;
  readonly placeholder?: string | undefined;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
}

/** A list of words with commas between; empty is "not set". */
export function WordsField({ label, value, onValue, placeholder, hint, fault }: WordsProps) {
  const shown = (value ?? []).join(', ');
  const [text, setText] = useState(shown);
  const split = (from: string) =>
    from
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  useEffect(() => setText((old) => (split(old).join(', ') === shown ? old : shown)), [shown]);
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(control) => (
        <input
          class="field"
          placeholder={placeholder}
          {...control}
          value={text}
          onInput={(event) => {
            const next = event.currentTarget.value;
            setText(next);
            const words = split(next);
            onValue(words.length === 0 ? undefined : words);
          }}
          onBlur={() => setText(shown)}
        />
      )}
    </Field>
  );
}
