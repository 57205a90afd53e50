#include "grimoire/vectors/quantise.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/device/threads.h"
#include "grimoire/vectors/evaluate.h"
#include "vectors/oracle.h"

namespace grim::vectors {
namespace {

Table random_table(int64_t rows, int64_t dim) {
  Table t(rows, dim);
  Rng rng(RngMode::philox, 5);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < dim; ++i) t.row(r)[i] = static_cast<float>(rng.normal());
  return t;
}

double mean_square_error(const Table& a, const Table& b) {
  const std::vector<float> x = a.dense().to_vector<float>(), y = b.dense().to_vector<float>();
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += (x[i] - y[i]) * static_cast<double>(x[i] - y[i]);
  return sum / static_cast<double>(x.size());
}

TEST(ProductQuantizer, FewRowsLoseNothing) {
  const Table t = random_table(200, 7);
  EXPECT_EQ(mean_square_error(t, t.quantised(3, Table::Lengths::inside, 0)), 0);
}

// The least error a number of N centroids for k standard normal numbers is about G 2 pi ((k+2)/k)^((k+2)/2) N^(-2/k), G = 1/12 for k = 1 and 0.0802 for
// k = 2 (Zador's formula; Gersho 1979): 4.2e-5 and 0.0079 for N = 256. Lloyd's algorithm must come within half of it again.
TEST(ProductQuantizer, ErrorIsThatOfKMeans) {
  const Table t = random_table(6000, 8);
  const double pairs = mean_square_error(t, t.quantised(2, Table::Lengths::inside, 0)),
               single = mean_square_error(t, t.quantised(1, Table::Lengths::inside, 0));
  EXPECT_LT(pairs, 0.012);
  EXPECT_LT(single, 6.5e-5);
  EXPECT_GT(pairs, single);
  const double apart = mean_square_error(t, t.quantised(2, Table::Lengths::apart, 0));
  EXPECT_LT(apart, 0.015);
}

TEST(ProductQuantizer, SameBitsOnAnyNumberOfThreads) {
  const Table t = random_table(1500, 9);
  std::vector<Table> made;
  for (const int threads : {1, 2}) {
    const device::ThreadCap cap(threads);
    made.push_back(t.quantised(2, Table::Lengths::apart, 3));
  }
  EXPECT_EQ(mean_square_error(made[0], made[1]), 0);
}

TEST(ProductQuantizer, RefusesBadParts) {
  const Table t = random_table(10, 4);
  EXPECT_THROW(t.quantised(0, Table::Lengths::inside, 0), Error);
  EXPECT_THROW(t.quantised(5, Table::Lengths::inside, 0), Error);
  EXPECT_THROW(t.quantised(2, Table::Lengths::inside, 0).quantised(2, Table::Lengths::inside, 0), Error);
}

TEST(Quantise, ClassifiersKeepTheirLabels) {
  const std::string lines = read_file(test::vectors_file("labelled.txt"));
  TrainingSettings s = test::small_run(Kind::supervised);
  s.word_ngrams = 2;
  s.lr = 0.5;
  const Trained t = train(lines, s);
  QuantiseSettings q;
  q.cutoff = 300;
  q.lengths = Table::Lengths::apart;
  q.output = true;
  const SubwordModel small = quantise(*t.model, q, Retraining{lines, "lines", 5, 0.5});
  EXPECT_EQ(small.input().rows(), 300);
  EXPECT_GT(score_labels(small, lines, 1, 0).all.precision(), 0.95);
  const std::string bytes = test::bytes_of(small);
  Reader reader(bytes, "small");
  const SubwordModel again = SubwordModel::parse(reader, "small");
  EXPECT_EQ(again.predict("the captain of the ship").at(0).probability, small.predict("the captain of the ship").at(0).probability);
  EXPECT_THROW(quantise(again, q), Error);
  EXPECT_THROW(train_on(again, lines, s, Vocabulary::kept), Error);
}

TEST(Quantise, WordVectorsToo) {
  TrainingSettings s = test::small_run(Kind::skipgram);
  const Trained t = train(read_file(test::vectors_file("text.txt")), s);
  QuantiseSettings q;
  q.cutoff = 350;
  const SubwordModel small = quantise(*t.model, q);
  EXPECT_EQ(small.output().rows(), small.dictionary().words());
  const WordVectors before(t.model), after(std::make_shared<SubwordModel>(small));
  EXPECT_GT(after.similarity("ship", "sailor"), after.similarity("ship", "suppe"));
  EXPECT_GT(before.similarity("ship", "sailor"), before.similarity("ship", "suppe"));
}

}  // namespace
}  // namespace grim::vectors
