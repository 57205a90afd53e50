#include "grimoire/command/csv_flags.h"

#include "grimoire/base/error.h"

namespace grim {

Options CsvFlags::options() {
  return {{.name = "header", .help = "does the first row name the columns", .target = &header, .choices = {"auto", "yes", "no"}, .with = "data"},
          {.name = "delimiter", .help = "between cells: one character or 'tab'; empty finds out", .target = &delimiter, .with = "data"},
          {.name = "decimal", .help = "in numbers; auto: a comma where cells are not parted by commas", .target = &decimal,
           .choices = {"auto", "point", "comma"}, .with = "data"}};
}

std::string CsvFlags::given() const { return header != "auto" ? "header" : decimal != "auto" ? "decimal" : delimiter.empty() ? "" : "delimiter"; }

void CsvFlags::set(CsvOptions& csv) const {
  using Header = CsvOptions::Header;
  if (header != "auto") csv.header = header == "yes" ? Header::yes : Header::no;
  if (decimal != "auto") csv.decimal = decimal == "comma" ? ',' : '.';
  if (delimiter.empty()) return;
  if (delimiter != "tab" && delimiter.size() != 1)
    throw Error(ErrorKind::usage, str("--delimiter: got '{}', expected one character or 'tab'", delimiter));
  csv.delimiter = delimiter == "tab" ? '\t' : delimiter[0];
}

}  // namespace grim
