package report

import ("testing";"os";"time";"context";"fmt";"runtime/pprof"
"github.com/pullpolicy/pullpolicy/harness"
"github.com/pullpolicy/pullpolicy/harness/manifest")

func TestScratch(t *testing.T){
 t0:=time.Now()
 e,err:=harness.New(context.Background()); if err!=nil{t.Fatal(err)}
 fmt.Println("new",time.Since(t0)); 
 _ = pprof.StartCPUProfile
 for _,style:=range []Style{{},{Width:100,Color:true}}{
 t0=time.Now()
 r:=&Run{Engine:e,Reader:&manifest.Reader{}}
 rep,err:=r.Check(context.Background(),[]string{"/work/shared/corpus"})
 if err!=nil{t.Fatal(err)}
 fmt.Println("check",time.Since(t0),rep.Summary)
 f,_:=os.Create(fmt.Sprintf("/tmp/table%d.txt",style.Width)); rep.WriteTable(f,style); f.Close()
 WriteErrors(os.Stdout,rep.Errors)
 }
}
