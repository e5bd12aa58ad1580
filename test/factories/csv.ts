/** A multipart body with one CSV file. */
export function csvForm(text: string | Uint8Array<ArrayBuffer>, name = 'people.csv'): FormData {
  const form = new FormData();
  form.append('file', new Blob([text], { type: 'text/csv' }), name);
  return form;
}
