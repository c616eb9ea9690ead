// The gRPC C++ peer of the benchmark: unary echo and a stream of answers on the callback API, the
// fastest of the library's three server APIs. The harness pins the process to one core, so the
// library's own thread pools share that core as our single event loop does.
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "farebox/bench/v1/echo.grpc.pb.h"

namespace {

using farebox::bench::v1::EchoRequest;
using farebox::bench::v1::EchoResponse;
using farebox::bench::v1::RepeatRequest;

// Writes one message after the other, each as soon as the library takes it.
class Repeater final : public grpc::ServerWriteReactor<EchoResponse> {
 public:
  explicit Repeater(const RepeatRequest& request) : count_(request.count()) {
    answer_.set_text(request.text());
    WriteNext();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      WriteNext();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }

  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    if (written_ == count_) {
      Finish(grpc::Status::OK);
      return;
    }
    answer_.set_n(written_++);
    StartWrite(&answer_);
  }

  const int64_t count_;
  int64_t written_ = 0;
  EchoResponse answer_;
};

class EchoService final : public farebox::bench::v1::EchoService::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) override {
    response->set_text(request->text());
    response->set_n(request->n());
    response->set_payload(request->payload());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerWriteReactor<EchoResponse>* Repeat(grpc::CallbackServerContext* context,
                                                 const RepeatRequest* request) override {
    return new Repeater(*request);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: echo_server HOST:PORT\n");
    return 64;
  }
  // Blocked before any thread of the library exists, so that only sigwait below sees them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  EchoService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "echo_server: cannot listen on %s\n", argv[1]);
    return 1;
  }
  int signal_number = 0;
  sigwait(&stop_signals, &signal_number);
  server->Shutdown();
  return 0;
}
