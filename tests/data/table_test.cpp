#include <cmath>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/data/features.h"
#include "grimoire/data/idx.h"
#include "grimoire/data/libsvm.h"
#include "support/data.h"

namespace grim {
namespace {

std::string message_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& e) {
    return std::string(e.what()) + " | " + e.hint();
  }
  return "no error";
}
std::string csv_error(const std::string& text, const CsvOptions& options = {}) {
  return message_of([&] { parse_csv(text, "t.csv", options); });
}
bool says(const std::string& message, const std::string& part) { return message.find(part) != std::string::npos; }

TEST(Csv, HeaderNumbersCategoriesAndGaps) {
  const Table t = parse_csv("age,sex,fare\n22,male,7.25\n,female,71.3\n26,NA,+8e0\n", "t.csv");
  ASSERT_EQ(t.columns.size(), 3u);
  EXPECT_EQ(t.rows(), 3);
  EXPECT_EQ(t.columns[0].name, "age");
  EXPECT_TRUE(std::isnan(t.columns[0].values[1]));
  EXPECT_EQ(t.columns[1].kind, ColumnKind::category);
  EXPECT_EQ(t.columns[1].levels, (std::vector<std::string>{"female", "male"}));
  EXPECT_EQ(t.columns[1].values[0], 1);
  EXPECT_EQ(t.columns[1].missing(), 1);
  EXPECT_EQ(t.columns[2].values[2], 8);
}

TEST(Csv, QuotesLineEndsAndDelimiters) {
  const Table t = parse_csv("\xef\xbb\xbfname;note;n\r\n\"a;b\";\"say \"\"hi\"\"\nthere\";1\r\n c ; d ;2\r\n\r\n", "t.csv");
  ASSERT_EQ(t.rows(), 2);
  EXPECT_EQ(t.columns[0].levels, (std::vector<std::string>{"a;b", "c"}));
  EXPECT_EQ(t.columns[1].levels[1], "say \"hi\"\nthere");
  EXPECT_EQ(parse_csv("a\tb\n1\t2\n3\t4", "t").columns[1].values[1], 4);
  EXPECT_EQ(parse_csv("Chins Situps Jumps\n5 162 60 \n2  110 60\n", "t").columns[2].values[1], 60);
  EXPECT_EQ(parse_csv("1\n2\n3\n", "t").rows(), 3);
}

TEST(Csv, HeaderIsGuessedOrTold) {
  EXPECT_EQ(parse_csv("1,2\n3,4\n", "t").rows(), 2);
  EXPECT_EQ(parse_csv("a,b\nc,d\n", "t").rows(), 1);
  EXPECT_EQ(parse_csv("a,b\na,d\n", "t").rows(), 2);  // a name would not stand in its column again
  EXPECT_EQ(parse_csv("a,b\nc,d\n", "t", {.header = CsvOptions::Header::no}).rows(), 2);
  EXPECT_EQ(parse_csv("1,2\n3,4\n", "t", {.header = CsvOptions::Header::yes}).columns[0].name, "1");
}

TEST(Csv, DeclaredLayout) {
  const Table t = parse_csv("3,2,no,yes\n1.5,2,0\n2.5,3,1\n3.5,4,1\n", "t.csv");
  ASSERT_EQ(t.columns.size(), 3u);
  EXPECT_EQ(t.columns[2].name, "target");
  EXPECT_EQ(t.columns[2].levels, (std::vector<std::string>{"no", "yes"}));
  EXPECT_TRUE(says(csv_error("2,1,no,yes\n1.5,0\n2.5,7\n"), "row 2 (line 3), column 'target': got '7'"));
}

TEST(Csv, SaysWhereItIsWrong) {
  EXPECT_TRUE(says(csv_error("a,b\n1,2\n3\n4,5\n"), "t.csv: row 2 (line 3): got 1 cells, expected 2"));
  EXPECT_TRUE(says(csv_error("a,b\n1,\"2\n3,4\n"), "line 2: a quoted cell begins here and does not end"));
  EXPECT_TRUE(says(csv_error("a,b\n1,\"2\"x\n"), "text follows a closing quote"));
  EXPECT_TRUE(says(csv_error(""), "empty"));
  EXPECT_TRUE(says(csv_error("a,b\n", {.header = CsvOptions::Header::yes}), "no rows below the header"));
  EXPECT_TRUE(says(csv_error(std::string("a,b\n1,\0\n", 8)), "not a text file"));
  EXPECT_TRUE(says(csv_error("a,b\n1,\xff\n"), "not UTF-8"));
  std::string mostly = "age,n\n";
  for (int i = 0; i < 30; ++i) mostly += i == 17 ? "2o,1\n" : std::to_string(i) + ",1\n";
  EXPECT_TRUE(says(csv_error(mostly), "row 18 (line 19), column 'age': '2o' is not a number, and 29 of 30"));
  EXPECT_EQ(csv_error(mostly, {.categories = {"age"}}), "no error");
  EXPECT_TRUE(says(csv_error("a,b\n1,2\n", {.categories = {"c"}}), "no column 'c'"));
  EXPECT_TRUE(says(message_of([] { parse_csv("income,age\n1,2\n", "t.csv").column("incme"); }), "did you mean 'income'?"));
}

TEST(Libsvm, RowsLabelsAndFaults) {
  const LibsvmFile f = parse_libsvm("+1 1:0.5 3:2 # note\n-1 2:1e-3\n\n1\n", "t");
  EXPECT_EQ(f.rows->rows(), 3);
  EXPECT_EQ(f.rows->columns, 3);
  EXPECT_EQ(f.rows->column, (std::vector<int32_t>{0, 2, 1}));
  EXPECT_EQ(parse_libsvm("1 0:1 4:1\n", "t").rows->columns, 5);
  const std::string marked = "\xef\xbb\xbf+1 1:0.5 3:2\n";
  EXPECT_TRUE(looks_like_libsvm(marked));
  EXPECT_EQ(parse_libsvm(marked, "t").labels, std::vector<std::string>{"+1"});
  EXPECT_TRUE(says(message_of([] { parse_libsvm("1 2:1 2:1\n", "t"); }), "line 1: index 2 after 2"));
  EXPECT_TRUE(says(message_of([] { parse_libsvm("1 2:1\n1 3:x\n", "t"); }), "line 2: '3:x' is not index:value"));
  EXPECT_TRUE(says(message_of([] { parse_libsvm("a 2:1\n", "t"); }), "label 'a'"));
  EXPECT_TRUE(says(message_of([] { parse_libsvm("1 99999999999:1\n", "t"); }), "index"));
  EXPECT_TRUE(says(message_of([] { parse_libsvm("1 7:1\n", "t", 5); }), "7 columns, the model was fitted on 5"));
  const SparseRows t = transposed(*f.rows);
  EXPECT_EQ(t.rows(), 3);
  EXPECT_EQ(t.columns_of(2)[0], 0);
  EXPECT_EQ(t.values_of(1)[0], 1e-3);
}

// Plain digits are read by a way of their own: the numbers are those of the long way, and what it refuses stays refused.
TEST(Libsvm, ShortNumbersAreRoundedOnce) {
  for (const char* text : {"0.1", "123456.789012345", "999999999999999", ".5", "5.", "0.000000000000001", "00000000000000000000000001.25",
                           "1234567890123456789", "0.1234567890123456789", "-0.3", "+7.25", "1e-3", "4.35", "0.3"}) {
    const auto row = parse_libsvm(std::string("1 3:") + text + " 9:2\n", "t").rows;
    EXPECT_EQ(row->value[0], std::strtod(text, nullptr)) << text;
    EXPECT_EQ(row->value[1], 2);
  }
  for (const char* text : {".", "1.2.3", "1x", "", "1e", "--1", "0x3"})
    EXPECT_TRUE(says(message_of([&] { parse_libsvm(std::string("1 3:") + text + "\n", "t"); }), "is not index:value")) << text;
  EXPECT_EQ(parse_libsvm("1 3:1\t5:2\r\n2 16777215:1", "t").rows->column, (std::vector<int32_t>{2, 4, 16777214}));
  EXPECT_TRUE(says(message_of([] { parse_libsvm("1 16777216:1\n", "t"); }), "index 16777216, expected 0 to 16777215"));
}

TEST(Idx, NumbersAndFaults) {
  const std::string good(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef",
      18);
  const Tensor t = parse_idx(good, "t");
  EXPECT_EQ(t.shape(), (Shape{2, 3}));
  EXPECT_EQ(t.at({1, 2}), 'f');
  EXPECT_TRUE(says(message_of([&] { parse_idx(good.substr(0, 17), "t"); }), "t"));
  EXPECT_TRUE(says(message_of([&] { parse_idx(good + "x", "t"); }), "1 bytes follow"));
  EXPECT_TRUE(
      says(message_of([&] { parse_idx(std::string("\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff", 12), "t"); }), "more bytes than it has"));
  const std::string shorts("\0\0\x0b\x01\0\0\0\x02\xff\xfe\x01\x02", 12);
  EXPECT_EQ(parse_idx(shorts, "t").to_vector<int64_t>(), (std::vector<int64_t>{-2, 258}));
}

TEST(Features, DenseSparseRowsAndColumnsAgree) {
  auto sparse = std::make_shared<SparseRows>();
  sparse->columns = 4;
  sparse->column = {1, 3, 0};
  sparse->value = {2, 4, -1};
  sparse->row_start = {0, 2, 2, 3};
  const Features s{sparse};
  const Features d{s.to_tensor(Dtype::f32)};
  std::vector<double> a(4), b(4), column(3);
  for (int64_t r = 0; r < 3; ++r) {
    s.read_rows(r, r + 1, a.data());
    d.read_rows(r, r + 1, b.data());
    EXPECT_EQ(a, b);
    for (int64_t c = 0; c < 4; ++c) EXPECT_EQ(s.at(r, c), d.at(r, c));
  }
  s.read_column(3, column.data());
  EXPECT_EQ(column, (std::vector<double>{4, 0, 0}));
  const std::vector<int64_t> rows = {2, 0, 0};
  EXPECT_EQ(s.pick_rows(rows).at(1, 3), 4);
  EXPECT_EQ(d.pick_rows(rows).at(0, 0), -1);
  EXPECT_EQ(s.pick_columns(std::vector<int64_t>{3, 1}).at(0, 1), 2);
  EXPECT_THROW(s.pick_rows(std::vector<int64_t>{3}), Error);
  EXPECT_THROW(Features(Tensor::zeros({3}, Dtype::f64)), Error);
}

TEST(Dataset, TargetsWeightsAndKnownColumns) {
  const Table t = parse_csv("x,colour,w,y\n1,red,1,0\n2,blue,2,1\n3,red,0,1\n4,green,1,0\n", "t.csv");
  const Dataset d = dataset_of(t, {.target = "y", .weight = "w"});
  EXPECT_TRUE(d.classifies());
  EXPECT_EQ(d.classes, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(d.x.width(), 2);
  EXPECT_EQ(d.weight, (std::vector<double>{1, 2, 0, 1}));
  EXPECT_FALSE(dataset_of(t, {.target = "y", .as = Target::number}).classifies());
  const Dataset colours = dataset_of(t, {.target = "colour"});
  EXPECT_EQ(colours.classes, (std::vector<std::string>{"blue", "green", "red"}));
  // another file, columns in another order, a level never seen
  const Table other = parse_csv("y,colour,z,x\n1,violet,9,5\n0,green,9,6\n", "o.csv");
  const Dataset matched = dataset_of(other, {.target = "y", .classes = d.classes, .columns = d.x.columns()});
  EXPECT_EQ(matched.x.at(0, 0), 5);
  EXPECT_EQ(matched.x.at(0, 1), 3);  // behind the three levels of the model: unseen is not missing
  EXPECT_EQ(matched.x.columns()[1].levels.back(), "violet");
  EXPECT_TRUE(says(matched.notes.at(0), "not used, as the model was not fitted on them: 'z'"));
  EXPECT_TRUE(says(matched.notes.at(1), "column 'colour': 1 row holds a text that was not there when the model was fitted ('violet' in row 1)"));
  EXPECT_EQ(matched.x.at(1, 1), 1);
  EXPECT_EQ(matched.y, (std::vector<double>{1, 0}));
  EXPECT_TRUE(
      says(message_of([&] { dataset_of(other, {.target = "y", .classes = {"0"}}); }), "row 1, column 'y': class '1' was not there"));
  EXPECT_TRUE(says(message_of([&] { dataset_of(parse_csv("a,y\n1,2\n3,\n", "t.csv"), {.target = "y"}); }),
                   "row 2, column 'y': the target is missing"));
  EXPECT_TRUE(says(message_of([&] { dataset_of(t, {.target = "colour", .as = Target::number}); }), "holds text"));
}

TEST(Dataset, FilesFromBeside) {
  GRIMOIRE_DATA(iris_file, "tabular/iris.csv");
  const Dataset iris = test::tabular("iris.csv");
  EXPECT_EQ(iris.classes, (std::vector<std::string>{"setosa", "versicolor", "virginica"}));
  double sum = 0;
  for (int64_t r = 0; r < 150; ++r)
    for (int64_t c = 0; c < 4; ++c) sum += iris.x.at(r, c);
  EXPECT_NEAR(sum, 2078.7, 1e-9);
  const Dataset a9a = load_dataset(test::data_file("tabular/a9a.libsvm"));
  EXPECT_TRUE(a9a.x.is_sparse());
  EXPECT_EQ(a9a.rows(), 32561);
  EXPECT_EQ(a9a.x.width(), 123);
  EXPECT_EQ(a9a.classes, (std::vector<std::string>{"-1", "1"}));
  const Dataset titanic = load_dataset(test::data_file("tabular/titanic_train.csv"), {.target = "Survived"});
  EXPECT_EQ(titanic.rows(), 891);
  EXPECT_TRUE(titanic.x.has_missing());
  EXPECT_TRUE(titanic.x.has_categories());
  const Dataset adult = load_dataset(test::data_file("tabular/adult-train.csv"), {.target = "x14"});
  EXPECT_EQ(adult.classes, (std::vector<std::string>{"<=50K", ">50K"}));
  EXPECT_EQ(adult.rows(), 32561);
  EXPECT_EQ(test::digits().class_count(), 10);
}

TEST(Dataset, Mnist) {
  GRIMOIRE_DATA(t10k_images_idx3_ubyte_file, "mnist/t10k-images-idx3-ubyte.gz");
  const Dataset test = load_dataset(test::data_file("mnist/t10k-images-idx3-ubyte.gz"));
  double sum = 0;
  const uint8_t* p = test.x.dense().data<uint8_t>();
  for (int64_t i = 0; i < test.x.dense().numel(); ++i) sum += p[i];
  EXPECT_EQ(sum, 264923200);
  EXPECT_EQ(std::vector<double>(test.y.begin(), test.y.begin() + 5), (std::vector<double>{7, 2, 1, 0, 4}));
}

TEST(Csv, WrittenCellsAreReadBack) {
  for (const std::string cell : {"plain", "a,b", "c\"d", "line\nbreak", "x;y", "", "tab\tbed", "\"", "carriage\rreturn"})
    for (const char delimiter : {',', ';', '\t'}) {
      const std::string by(1, delimiter), text = "k" + by + "n\n" + csv_cell(cell, delimiter) + by + "1\nother" + by + "2\n";
      const Table t = parse_csv(text, "t", {.header = CsvOptions::Header::yes, .delimiter = delimiter});
      ASSERT_EQ(t.rows(), 2) << cell;
      if (cell.empty()) EXPECT_EQ(t.columns[0].missing(), 1);
      else EXPECT_EQ(t.columns[0].name_at(0), cell);
    }
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell(" padded"), "\" padded\"");
}

TEST(Csv, TextAmongNumbersIsNamed) {
  const Table t = parse_csv("a,b\n1,2\n2,x\n3,oops\n", "t");
  try {
    t.numbers("b");
    FAIL();
  } catch (const Error& e) {
    EXPECT_TRUE(says(e.what(), "t: column 'b' holds text ('x' in row 2), expected numbers")) << e.what();
  }
  EXPECT_EQ(t.numbers("a").size(), 3u);
}

TEST(Dataset, ColumnsThatAModelDoesNotKnowAreSaid) {
  DatasetOptions o;
  o.columns = {{.name = "a"}};
  const Table t = parse_csv("id,a,b\n7,1,2\n8,2,3\n", "t");
  EXPECT_TRUE(says(dataset_of(t, o).notes.back(), "not used, as the model was not fitted on them: 'id', 'b'"));
  o.drop = {"id", "b"};
  for (const std::string& note : dataset_of(t, o).notes) EXPECT_FALSE(says(note, "not used")) << note;
}

TEST(Csv, DecimalCommas) {
  const Table t = parse_csv("a;b\n1,5;x\n-2,25e1;y\n3;z\n", "t");
  EXPECT_EQ(t.columns[0].values, (std::vector<double>{1.5, -22.5, 3}));
  EXPECT_EQ(parse_csv("1,5;2,5\n2,5;3,5\n3,5;4,25\n", "t").columns.size(), 2u);  // parted by ; though commas would cut it evenly too
  EXPECT_THROW(parse_csv("a;b\n1,500;x\n2,250;y\n", "t"), Error);                // decimals or thousands
  CsvOptions comma, point;
  comma.decimal = ',', point.decimal = '.';
  EXPECT_EQ(parse_csv("a;b\n1,500;x\n2,250;y\n", "t", comma).columns[0].values, (std::vector<double>{1.5, 2.25}));
  EXPECT_EQ(parse_csv("a;b\n1,500;x\n2,250;y\n", "t", point).columns[0].kind, ColumnKind::category);
}

TEST(Csv, NamesThatStandTwiceOrAreEmpty) {
  EXPECT_THROW(parse_csv("a,a,y\n1,2,x\n2,3,z\n", "t"), Error);
  EXPECT_EQ(parse_csv("x,x,s\nx,s,x\n", "t").rows(), 2);  // letters everywhere: rows, not names
  const Table t = parse_csv(",a,y\n0,1.5,u\n1,2.5,v\n", "t");
  EXPECT_EQ(t.columns[0].name, "x0");
  EXPECT_EQ(t.columns[1].name, "a");
  EXPECT_EQ(t.rows(), 2);
  const Table trailing = parse_csv("a,b,\n1,2,\n3,4,\n", "t");
  EXPECT_EQ(trailing.columns.size(), 2u);
}

// As what they are not, infinite or 0, such cells would be learned from; names are names.
TEST(Csv, NumbersBeyondADoubleAreRefused) {
  for (const char* cell : {"1e999", "-1e999", "1e-999", "0.1e-400"}) {
    try {
      parse_csv(std::string("a,b\n1,1\n") + cell + ",2\n0,3\n", "t");
      ADD_FAILURE() << cell;
    } catch (const Error& e) {
      EXPECT_EQ(std::string(e.what()), std::string("[csv] t: row 2 (line 3), column 'a': ") + cell + " is beyond what a double can hold");
      EXPECT_EQ(e.kind(), ErrorKind::input);
    }
  }
  EXPECT_THROW(parse_csv("a;b\n1,5;1\n1,5e-400;2\n", "t"), Error);
  const Table t = parse_csv("a,b\ninf,0e5\n-inf,-0.0\n1e308,5e-324\n", "t");
  EXPECT_EQ(t.columns[0].values, (std::vector<double>{INFINITY, -INFINITY, 1e308}));
  EXPECT_EQ(t.columns[1].values, (std::vector<double>{0, -0.0, 5e-324}));
  EXPECT_EQ(parse_csv("a,b\n1e999,1\nx,2\n", "t").columns[0].levels.size(), 2u);
}

TEST(Csv, BarsPartCells) { EXPECT_EQ(parse_csv("a|b\n1|2\n3|4\n", "t").columns.size(), 2u); }

TEST(Libsvm, AStrayIndexAsksForNoMemory) { EXPECT_THROW(parse_libsvm("1 2000000000:1\n", "t"), Error); }

}  // namespace
}  // namespace grim
