// The same table, whatever its file looks like; and what the reader says when it had to guess.
#include <cmath>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/data/features.h"
#include "grimoire/data/libsvm.h"
#include "grimoire/io/gzip.h"

namespace grim {
namespace {

using Rows = std::vector<std::vector<std::string>>;

const Rows kRows = {{"size", "kind", "n"},   {"0.5", "red", "3"},     {"-2e3", "dark blue", ""}, {"+7", "x;y,z|w", "12"},
                    {"NA", "red", "-0.25"},  {".125", "\"so\"", "7"}, {"1e300", "green", "0"},    {"5", "", "9007199254740993"}};

struct Style {
  std::string name;
  char delimiter = ',';
  std::string line_end = "\n";
  bool quote_all = false, pad = false, bom = false, blank_lines = false, last_end = true;
};

// Cells with a delimiter or a quote are quoted in any style.
std::string written(const Rows& rows, const Style& s) {
  std::string text = s.bom ? "\xef\xbb\xbf" : "";
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows[r].size(); ++c) {
      std::string cell = rows[r][c];
      const bool quoted = s.quote_all || cell.find_first_of(",;|\t\"") != std::string::npos;
      if (s.pad) cell = "  " + cell + " ";
      for (size_t at = cell.find('"'); at != std::string::npos; at = cell.find('"', at + 2)) cell.insert(at, 1, '"');
      text += (c ? std::string(1, s.delimiter) : "") + (quoted ? '"' + cell + '"' : cell);
    }
    if (r + 1 < rows.size() || s.last_end) text += s.line_end;
    if (s.blank_lines && r % 2 == 0) text += s.line_end + "  " + s.line_end;
  }
  return text;
}

void expect_same(const Table& a, const Table& b, const std::string& what) {
  ASSERT_EQ(a.columns.size(), b.columns.size()) << what;
  for (size_t c = 0; c < a.columns.size(); ++c) {
    EXPECT_EQ(a.columns[c].name, b.columns[c].name) << what;
    EXPECT_EQ(a.columns[c].levels, b.columns[c].levels) << what;
    EXPECT_EQ(a.columns[c].written, b.columns[c].written) << what;
    ASSERT_EQ(a.columns[c].values.size(), b.columns[c].values.size()) << what;
    for (size_t r = 0; r < a.columns[c].values.size(); ++r) {
      const double x = a.columns[c].values[r], y = b.columns[c].values[r];
      EXPECT_TRUE(x == y || (std::isnan(x) && std::isnan(y))) << what << ": " << a.columns[c].name << ", row " << r + 1;
    }
  }
  EXPECT_EQ(a.layout.header, b.layout.header) << what;
}

const std::vector<Style> kStyles = {
    {.name = "quoted", .quote_all = true},
    {.name = "padded", .pad = true},
    {.name = "quoted and padded", .quote_all = true, .pad = true},
    {.name = "CR LF", .line_end = "\r\n"},
    {.name = "CR", .line_end = "\r"},
    {.name = "quoted, CR LF", .line_end = "\r\n", .quote_all = true},
    {.name = "BOM", .bom = true},
    {.name = "blank lines", .blank_lines = true},
    {.name = "blank lines, CR LF", .line_end = "\r\n", .blank_lines = true},
    {.name = "no end of the last line", .last_end = false},
    {.name = "semicolons", .delimiter = ';'},
    {.name = "tabs", .delimiter = '\t'},
    {.name = "bars", .delimiter = '|'},
    {.name = "all at once", .delimiter = ';', .line_end = "\r\n", .quote_all = true, .pad = true, .bom = true, .blank_lines = true},
};

TEST(TableProperty, TheSameInEveryStyle) {
  const Table plain = parse_csv(written(kRows, {.name = "plain"}), "t");
  ASSERT_EQ(plain.rows(), 7);
  EXPECT_EQ(plain.columns[0].kind, ColumnKind::number);
  EXPECT_EQ(plain.columns[1].levels, (std::vector<std::string>{"\"so\"", "dark blue", "green", "red", "x;y,z|w"}));
  for (const Style& s : kStyles) expect_same(plain, parse_csv(written(kRows, s), "t"), s.name);
  for (const Style& s : kStyles) {  // and without a header
    const Rows body(kRows.begin() + 1, kRows.end());
    expect_same(parse_csv(written(body, {.name = "plain"}), "t", {.header = CsvOptions::Header::no}),
                parse_csv(written(body, s), "t", {.header = CsvOptions::Header::no}), s.name);
  }
}

TEST(TableProperty, TheSameWhenCompressed) {
  test::TempFolder folder;
  const std::string text = written(kRows, {.name = "plain"}), path = folder.path() + "/t.csv", packed = path + ".gz";
  write_atomically(path, text);
  ASSERT_EQ(std::system(("gzip -k " + path).c_str()), 0);
  expect_same(read_csv(path), read_csv(packed), "gzip");
}

// A long line, and long lines of carriage returns: one pass each.
TEST(TableProperty, LongLines) {
  std::string wide = "a0", cells = "0";
  for (int c = 1; c < 20000; ++c) wide += ",a" + std::to_string(c), cells += "," + std::to_string(c);
  const Table t = parse_csv(wide + "\r\n" + cells + "\r\n" + cells + "\r\n", "t");
  EXPECT_EQ(t.columns.size(), 20000u);
  EXPECT_EQ(t.columns.back().values, (std::vector<double>{19999, 19999}));
  const std::string text(3 << 20, 'q');
  EXPECT_EQ(parse_csv("a,b\n1,\"" + text + "\"\n2,w\n", "t").columns[1].levels.front().size(), text.size());
}

TEST(TableProperty, HeaderOfTextsAboveTexts) {
  struct Case {
    const char *text, *header, *note;
    std::vector<std::string> names = {};
  };
  const Case cases[] = {
      {"a,b\n1,2\n", "yes", ""},
      {"c,v\nc,1\nd,2\n", "yes", ""},                                // a name that stands in its column again, numbers beside it
      {"size,weight\nsmall,1\nsize,2\n", "yes", ""},
      {"a,b\nc,d\ne,f\n", "yes", "was taken for the names"},
      {"a,b\na,d\nc,b\n", "no", "was taken for data"},
      {"a,b\na,d\nc,b\n", "yes", "", {"b"}},                         // somebody asks for column b
      {"2019,2020\n1.5,2\n", "no", "no header"},
      {"2019,2020\n1.5,2\n", "yes", "", {"2020"}},
      {"1,2\n3,4\n", "no", "no header", {"1"}},                      // a place, not a name
      {"NA,red\n1,blue\n2,red\n", "no", "was taken for data"},       // no value is no name
  };
  for (const Case& c : cases) {
    const Table t = parse_csv(c.text, "t", {.names = c.names});
    EXPECT_EQ(t.layout.header, c.header) << c.text;
    if (*c.note == 0) EXPECT_TRUE(t.notes.empty()) << c.text;
    else EXPECT_TRUE(!t.notes.empty() && t.notes[0].find(c.note) != std::string::npos) << c.text;
  }
}

std::string refusal(const std::string& text, const CsvOptions& options = {}) {
  try {
    parse_csv(text, "t", options);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return e.what();
  }
  return "none";
}

TEST(TableProperty, ASecondHeaderIsNamedByItsLine) {
  EXPECT_NE(refusal("p,q\n1,2\n3,4\np,q\n5,6\n").find("row 3 (line 4): the header stands here again"), std::string::npos);
  EXPECT_NE(refusal("p\n1\n3\np\n").find("row 3 (line 4): the header stands here again"), std::string::npos);
  EXPECT_NE(refusal("p,q,r\n1,2,a\n3,4,b\nP,Q,R\n5,6,a\n").find("row 3 (line 4): every cell is text"), std::string::npos);
  EXPECT_EQ(refusal("p,q\n1,a\n3,b\n4,q\n"), "none");  // one text of a header is no header
}

TEST(TableProperty, TextAmongNumbersIsSaid) {
  const Table t = parse_csv("p,q\n1,2\n3,4\nx,6\n", "t");
  EXPECT_EQ(t.columns[0].kind, ColumnKind::category);
  ASSERT_EQ(t.all_notes().size(), 1u);
  EXPECT_NE(t.all_notes()[0].find("column 'p' is taken as a category: row 3 (line 4) holds 'x', though 2 of 3 cells are numbers"), std::string::npos);
  EXPECT_NE(refusal("p,q\n\"1,500\",2\n\"2,250\",4\n").find("decimals or thousands"), std::string::npos);
}

TEST(TableProperty, WholeNumbersBeyond2To53) {
  const std::string text = "x,id\n1,9007199254740992\n2,9007199254740993\n3,-9007199254740993\n4,9007199254740993\n5,7\n";
  const Table t = parse_csv(text, "t");
  ASSERT_EQ(t.all_notes().size(), 1u);
  EXPECT_NE(t.all_notes()[0].find("holds 3 whole numbers beyond 2^53"), std::string::npos) << t.all_notes()[0];
  const Dataset d = dataset_of(t, {.target = "id", .as = Target::classes});
  EXPECT_EQ(d.classes, (std::vector<std::string>{"-9007199254740993", "7", "9007199254740992", "9007199254740993"}));
  EXPECT_EQ(d.y, (std::vector<double>{2, 3, 0, 3, 1}));
  EXPECT_THROW(dataset_of(t, {.target = "id", .as = Target::number}), Error);  // two of them would be one number
  const Table known = parse_csv("x,id\n1,9007199254740993\n", "t");
  EXPECT_EQ(dataset_of(known, {.target = "id", .classes = d.classes}).y, (std::vector<double>{3}));
  EXPECT_TRUE(parse_csv("x,id\n1,9007199254740992\n2,4\n", "t").all_notes().empty());  // this one is a double
  EXPECT_TRUE(parse_csv("x,id\n1,1e300\n2,4.5e17\n", "t").all_notes().empty());        // measurements, not digits
}

// Of one column an empty line is an empty cell; before the first row and after the last it is nothing, and of two columns it never is a row.
TEST(TableProperty, EmptyLinesOfOneColumn) {
  for (const char* text : {"x\n1\n\n3\n", "\n\nx\n1\n \t\n3\n\n\n", "x\r\n1\r\n\r\n3\r\n", "x\n1\n\"\"\n3"}) {
    const Table t = parse_csv(text, "t");
    ASSERT_EQ(t.rows(), 3) << text;
    EXPECT_EQ(t.columns[0].missing(), 1) << text;
    EXPECT_TRUE(std::isnan(t.columns[0].values[1])) << text;
    EXPECT_EQ(t.notes.size(), std::string(text).find('"') == std::string::npos ? 1u : 0u) << text;
  }
  EXPECT_NE(parse_csv("x\n1\n\n3\n", "t").notes[0].find("1 empty line between two rows, the first in line 3"), std::string::npos);
  EXPECT_EQ(refusal("x\n1\n\n2\n3\n4\n5\n6\n7\n8\n9\nred\n").find("row 11 (line 12)") == std::string::npos, false);
  EXPECT_EQ(parse_csv("x,y\n1,2\n\n3,4\n", "t").rows(), 2);
  const Table tabs = parse_csv("x\ty\n1\t2\n\t\n3\t4\n", "t");  // two empty cells, as "," is between commas
  ASSERT_EQ(tabs.rows(), 3);
  EXPECT_EQ(tabs.columns[0].missing() + tabs.columns[1].missing(), 2);
}

TEST(TableProperty, AModelsColumnsInAnotherFile) {
  const std::vector<ColumnInfo> known = {{"a"}, {"kind", ColumnKind::category, {"u", "v"}}};
  const auto load = [&](const std::string& text, CsvOptions csv = {}) {
    csv.categories = {};
    for (const ColumnInfo& c : known) csv.names.push_back(c.name);
    return dataset_of(parse_csv(text, "t", csv), {.target = "y", .columns = known, .target_if_there = true});
  };
  const Dataset named = load("kind,z,a\nv,9,1\nw,9,2\n");
  EXPECT_EQ(named.x.at(0, 0), 1);
  EXPECT_EQ(named.x.at(0, 1), 1);
  EXPECT_EQ(named.x.at(1, 1), 2);  // unseen: behind the known levels
  EXPECT_EQ(named.x.columns()[1].levels, (std::vector<std::string>{"u", "v", "w"}));
  const Dataset by_place = load("1,v\n2,u\n", {.header = CsvOptions::Header::no});
  EXPECT_EQ(by_place.x.at(1, 1), 0);
  EXPECT_NE(by_place.notes.back().find("in the order of the model's"), std::string::npos);
  EXPECT_THROW(load("1,v,3\n2,u,4\n", {.header = CsvOptions::Header::no}), Error);  // no names, and another number of columns
}

TEST(TableProperty, LibsvmLooksAndKinds) {
  const auto same = [](const std::string& a, const std::string& b) {
    EXPECT_TRUE(looks_like_libsvm(b)) << b;
    const LibsvmFile x = parse_libsvm(a, "t"), y = parse_libsvm(b, "t");
    EXPECT_EQ(x.labels, y.labels) << b;
    EXPECT_EQ(x.rows->column, y.rows->column) << b;
    EXPECT_EQ(x.rows->value, y.rows->value) << b;
    EXPECT_EQ(x.rows->row_start, y.rows->row_start) << b;
  };
  const std::string plain = "1 1:0.5 3:2\n0 2:1\n";
  same(plain, "1 1:0.5 3:2\r\n0 2:1\r\n");
  same(plain, "1  1:0.5\t3:2 \n\n0 2:1");
  same(plain, "# made by hand\n1 1: .5 3: 2 # first\n0 2: 1\n");
  same(plain, "1 qid:7 1:0.5 3:2\n0 qid:8 2:1\n");
  EXPECT_EQ(parse_libsvm("1 qid:7 1:0.5\n0 2:1\n", "t").with_query, 1);
  EXPECT_TRUE(looks_like_libsvm("1\n0\n", true));  // labels alone, where such a file was fitted on
  EXPECT_FALSE(looks_like_libsvm("1\n0\n"));
  EXPECT_FALSE(looks_like_libsvm("1,2\n0,1\n", true));
  std::string late;
  for (int i = 0; i < 200; ++i) late += "0\n";
  EXPECT_TRUE(looks_like_libsvm(late + "1 3:1\n"));
  const auto refused = [](const std::string& text, const std::string& part, int base = -1) {
    try {
      parse_libsvm(text, "t", 0, base);
      ADD_FAILURE() << text << " was taken";
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  };
  refused("1 1:1\n1,2 2:1\n", "line 2: several labels, '1,2'");
  refused("1 1:1\n 1:4\n", "line 2: no label before '1:4'");
  refused("1 1:1\n0 0:1\n", "line 2: index 0, expected indices from 1", 1);
  EXPECT_EQ(parse_libsvm("1 1:1\n0 2:1\n", "t", 0, 0).rows->columns, 3);  // a base that is known holds without a 0
}

}  // namespace
}  // namespace grim
