/**
 * The part of Avro that our schemas use (Avro 1.12, "Schema Declaration"), with one attribute of our own: `values`, the
 * strings that a string field may hold. Avro readers ignore attributes that they do not know; an Avro enum would make every
 * new value a break of compatibility.
 */
export type AvroType = string | readonly AvroType[] | AvroArray | AvroMap | AvroRecord;

export interface AvroArray {
  readonly type: 'array';
  readonly items: AvroType;
}

export interface AvroMap {
  readonly type: 'map';
  readonly values: AvroType;
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
  readonly doc?: string;
  /** what a reader takes where the writer's schema lacks the field; JSON */
  readonly default?: unknown;
  /** only on fields of type string */
  readonly values?: readonly string[];
}

export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly AvroField[];
}
