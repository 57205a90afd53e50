// Judges and fits a learner on a CSV file: table FILE TARGET LEARNER
#include <grimoire/grimoire.h>

#include <iostream>

using namespace grim;

int main(int argc, char** argv) try {
  if (argc != 4) throw Error(ErrorKind::usage, "expected FILE TARGET LEARNER");
  const Dataset data = load_dataset(argv[1], {.target = argv[2]});
  const auto learner = make_estimator(argv[3]);
  const FoldScores scores = cross_validate(*learner, data, folds_for(data, 5));
  std::cout << scores.metrics[0] << " on rows held back: " << scores.mean() << " +- " << scores.std() << "\n";
  learner->fit(data);
  learner->save("table.model");
  const auto again = Estimator::load("table.model");  // the same answers, bit for bit
  std::cout << again->name() << ", " << again->columns().size() << " columns: " << again->score(data) << " on its own rows\n";
} catch (const Error& e) {
  std::cerr << e.what() << "\n" << e.hint() << "\n";
  return 1;
}
