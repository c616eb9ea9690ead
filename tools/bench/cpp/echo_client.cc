// The gRPC C++ client of the benchmark: keeps a number of unary calls in flight over one
// connection for a while, then prints what it did as JSON.
//
// One thread on a completion queue, since the harness pins the process to one core: there it takes
// about a fifth less CPU per call than the callback API with the threads that the library starts.
#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "farebox/bench/v1/echo.grpc.pb.h"

namespace {

using farebox::bench::v1::EchoRequest;
using farebox::bench::v1::EchoResponse;
using farebox::bench::v1::EchoService;
using Clock = std::chrono::steady_clock;

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

EchoRequest MakeRequest() {
  EchoRequest request;
  request.set_text("hello from bench");
  request.set_n(12345);
  std::string payload(16, '\0');
  for (size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(i);
  request.set_payload(payload);
  return request;
}

void CheckAnswer(const grpc::Status& status, const EchoRequest& request,
                 const EchoResponse& response) {
  if (status.ok() && response.n() == request.n() && response.text() == request.text()) return;
  std::fprintf(stderr, "echo_client: wrong answer: %d %s\n", status.error_code(),
               status.error_message().c_str());
  std::_Exit(1);
}

struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  EchoResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader;
};

// Runs until the deadline; returns how many calls were answered.
uint64_t Run(EchoService::Stub* stub, int in_flight, Clock::time_point deadline) {
  const EchoRequest request = MakeRequest();
  grpc::CompletionQueue queue;
  std::vector<Call> calls(in_flight);
  auto start = [&](Call* call) {
    call->context = std::make_unique<grpc::ClientContext>();
    call->response.Clear();
    call->reader = stub->AsyncEcho(call->context.get(), request, &queue);
    call->reader->Finish(&call->response, &call->status, call);
  };
  for (Call& call : calls) start(&call);
  uint64_t answered = 0;
  int open = in_flight;
  void* tag = nullptr;
  bool ok = false;
  while (open > 0 && queue.Next(&tag, &ok)) {
    Call* call = static_cast<Call*>(tag);
    CheckAnswer(call->status, request, call->response);
    ++answered;
    if (Clock::now() < deadline) {
      start(call);
    } else {
      --open;
    }
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return answered;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: echo_client HOST:PORT SECONDS CALLS_IN_FLIGHT\n");
    return 64;
  }
  auto stub =
      EchoService::NewStub(grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  const double seconds = std::atof(argv[2]);
  const int in_flight = std::atoi(argv[3]);
  auto run = [&](double seconds) {
    auto deadline = Clock::now() + std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6));
    return Run(stub.get(), in_flight, deadline);
  };
  run(0.2);  // connects
  const double cpu_before = CpuSeconds();
  const auto started = Clock::now();
  const uint64_t calls = run(seconds);
  const double wall = std::chrono::duration<double>(Clock::now() - started).count();
  std::printf("{\"calls\": %llu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
              static_cast<unsigned long long>(calls), wall, CpuSeconds() - cpu_before);
  return 0;
}
